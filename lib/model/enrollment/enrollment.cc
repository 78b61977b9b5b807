#include "lib/model/enrollment/enrollment.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace roomkeeper {
namespace {

// "aws" and "aws:us-west-2" allow all that is in them.
bool IsIn(absl::string_view metastore, absl::string_view allowed) {
  return metastore == allowed ||
         (absl::StartsWith(metastore, allowed) && metastore[allowed.size()] == ':');
}

}  // namespace

bool SameBinding(const Enrollment& a, const Enrollment& b) {
  return a.brand == b.brand && a.install == b.install &&
         a.global_metastore_id == b.global_metastore_id && a.workspace_id == b.workspace_id &&
         a.invite_recipient_email == b.invite_recipient_email;
}

std::string MismatchOf(const EnrollmentCode& code, const Enrollment& asked) {
  const bool place =
      code.metastores.empty() ||
      std::any_of(code.metastores.begin(), code.metastores.end(), [&](const std::string& allowed) {
        return IsIn(asked.global_metastore_id, allowed);
      });
  if (!place) {
    return absl::StrCat("global_metastore_id must be in ", absl::StrJoin(code.metastores, ", "),
                        ", got ", asked.global_metastore_id);
  }
  const std::string& email = asked.invite_recipient_email;
  const absl::string_view domain = absl::string_view(email).substr(email.rfind('@') + 1);
  const bool person = code.email_domains.empty() ||
                      std::any_of(code.email_domains.begin(), code.email_domains.end(),
                                  [&](const std::string& allowed) {
                                    return absl::EqualsIgnoreCase(domain, allowed);
                                  });
  if (!person) {
    return absl::StrCat("invite_recipient_email must be of ",
                        absl::StrJoin(code.email_domains, ", "), ", got one of ", domain);
  }
  return "";
}

}  // namespace roomkeeper
