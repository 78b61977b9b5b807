#include "services/roomkeeperd/store/enrolments.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "lib/auth/caller_pins.h"
#include "lib/base/status_macros.h"
#include "lib/cleanroom/sharing_identifier.h"
#include "lib/model/resource_name.h"
#include "lib/yaml/yaml_fields.h"
#include "lib/yaml/yaml_node.h"

namespace roomkeeper {
namespace {

constexpr std::int64_t kJobsInFlightMax = 10000;
constexpr std::int64_t kRoomsMax = 100000;
constexpr std::int64_t kWorkspaceIdMax = std::numeric_limits<std::int64_t>::max();

class EnrolmentsReader {
 public:
  EnrolmentsReader(const Config& config, YamlProblems& problems)
      : config_(config), problems_(problems) {}

  std::vector<BrandWithInstalls> Read(const YamlNode& root);

 private:
  BrandWithInstalls ReadBrand(const YamlNode& node, std::string path);
  void ReadInstall(const YamlNode& node, std::string path, std::set<std::string>& ids,
                   Install& install);
  Labels ReadLabels(YamlFields& fields);
  std::string ReadId(YamlFields& fields, std::set<std::string>& seen);
  void ReadCallers(YamlFields& fields, Install& install);
  std::vector<PackageName> ReadPackages(YamlFields& fields);
  void CheckShard(YamlFields& fields, const ShardId& shard);
  void Check(YamlFields& fields, absl::string_view key, const absl::Status& status);

  const Config& config_;
  YamlProblems& problems_;
  std::set<std::string> brands_ = {};
  std::set<std::pair<std::string, std::int64_t>> places_ = {};  // metastore and workspace
};

std::vector<BrandWithInstalls> EnrolmentsReader::Read(const YamlNode& root) {
  std::vector<BrandWithInstalls> brands;
  YamlFields fields(root, "", problems_);
  if (!fields.Has("brands")) {
    fields.Problem("brands", "is missing");
  }
  fields.ForEach("brands", [&](const YamlNode& node, std::string path) {
    brands.push_back(ReadBrand(node, std::move(path)));
  });
  fields.Finish();
  return brands;
}

BrandWithInstalls EnrolmentsReader::ReadBrand(const YamlNode& node, std::string path) {
  BrandWithInstalls enrolled;
  Brand& brand = enrolled.brand;
  YamlFields fields(node, std::move(path), problems_);
  brand.id = BrandId(ReadId(fields, brands_));
  brand.display_name = fields.TextOr("display_name", "");
  if (!IsPlainText(brand.display_name, kShortTextBytesMax)) {
    fields.Problem("display_name", absl::StrCat("must be at most ", kShortTextBytesMax,
                                                " bytes without control characters"));
  }
  brand.collaborator_alias = fields.TextOr("collaborator_alias", DefaultAlias(brand.id));
  if (!IsAlias(brand.collaborator_alias)) {
    fields.Problem("collaborator_alias", absl::StrCat("must be [a-z][a-z0-9_]{0,62}, got \"",
                                                      brand.collaborator_alias, "\""));
  }
  brand.jobs_in_flight_max = static_cast<std::int32_t>(fields.IntOr(
      "jobs_in_flight_max", config_.limits.brand_jobs_in_flight_max, 1, kJobsInFlightMax));
  brand.labels = ReadLabels(fields);
  std::set<std::string> ids;
  fields.ForEach("installs", [&](const YamlNode& item, std::string item_path) {
    Install& install = enrolled.installs.emplace_back();
    install.brand = brand.id;
    ReadInstall(item, std::move(item_path), ids, install);
  });
  fields.Finish();
  return enrolled;
}

void EnrolmentsReader::ReadInstall(const YamlNode& node, std::string path,
                                   std::set<std::string>& ids, Install& install) {
  YamlFields fields(node, std::move(path), problems_);
  install.id = InstallId(ReadId(fields, ids));
  install.global_metastore_id = fields.Text("global_metastore_id");
  Check(fields, "global_metastore_id",
        ParseSharingIdentifier(install.global_metastore_id).status());
  install.workspace_id = fields.IntOr("invite_recipient_workspace_id", 0, 1, kWorkspaceIdMax);
  if (!fields.Has("invite_recipient_workspace_id")) {
    fields.Problem("invite_recipient_workspace_id", "is missing");
  }
  install.invite_recipient_email = fields.Text("invite_recipient_email");
  Check(fields, "invite_recipient_email",
        ValidateInviteRecipientEmail(install.invite_recipient_email));
  install.shard = ShardId(fields.TextOr("shard", ""));
  CheckShard(fields, install.shard);
  ReadCallers(fields, install);
  install.packages = ReadPackages(fields);
  install.rooms_max = static_cast<std::int32_t>(fields.IntOr("rooms_max", 0, 0, kRoomsMax));
  if (!places_.emplace(install.global_metastore_id, install.workspace_id).second) {
    fields.Problem("invite_recipient_workspace_id",
                   "and its metastore are another install's already");
  }
  fields.Finish();
}

void EnrolmentsReader::ReadCallers(YamlFields& fields, Install& install) {
  if (const YamlNode* node = fields.Find("token_identity"); node != nullptr) {
    YamlFields inner(*node, fields.PathOf("token_identity"), problems_);
    install.token = {
        .issuer = inner.Text("issuer"),
        .subject = inner.Text("client_id"),
        .audience = inner.Text("audience"),
        .accept_all_apis = inner.FlagOr("accept_tokens_that_could_act_as_the_app", false)};
    inner.Finish();
    Check(fields, "token_identity", CheckTokenPin(install.token));
    Check(fields, "token_identity",
          CheckNotOperators(install.token, config_.auth.operator_tokens.issuer));
  }
  install.certificate_san = fields.TextOr("certificate_san", "");
  Check(fields, "certificate_san", CheckCertificateSan(install.certificate_san));
}

std::vector<PackageName> EnrolmentsReader::ReadPackages(YamlFields& fields) {
  std::vector<PackageName> packages;
  const YamlNode* node = fields.Find("packages");
  if (node == nullptr) {
    return packages;
  }
  if (node->kind != YamlNode::Kind::kSequence) {
    fields.Problem("packages", "must be a list of \"packages/{package}\"");
    return packages;
  }
  for (const YamlNode& item : node->items) {
    const auto path = ParsePackagePath(item.scalar);
    if (!path.has_value() || !path->version.empty()) {
      fields.Problem("packages",
                     absl::StrCat("must be of \"packages/{package}\", got \"", item.scalar, "\""));
      return packages;
    }
    packages.push_back(path->package);
  }
  return packages;
}

Labels EnrolmentsReader::ReadLabels(YamlFields& fields) {
  Labels labels;
  const YamlNode* node = fields.Find("labels");
  if (node == nullptr) {
    return labels;
  }
  if (node->kind != YamlNode::Kind::kMapping ||
      node->keys.size() > static_cast<std::size_t>(kLabelsMax)) {
    fields.Problem("labels", absl::StrCat("must be a mapping of at most ", kLabelsMax, " entries"));
    return labels;
  }
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    const std::string& key = node->keys[i].name;
    const YamlNode& value = node->items[i];
    if (!IsLabelKey(key) || value.kind != YamlNode::Kind::kScalar ||
        !IsPlainText(value.scalar, kLabelValueBytesMax)) {
      fields.Problem("labels",
                     absl::StrCat("must have keys of [a-z][a-z0-9_-]{0,62} and values of at most ",
                                  kLabelValueBytesMax, " bytes, got \"", key, "\""));
    }
    labels[key] = value.scalar;
  }
  return labels;
}

std::string EnrolmentsReader::ReadId(YamlFields& fields, std::set<std::string>& seen) {
  std::string id = fields.Text("id");
  if (!id.empty() && !IsShortId(id)) {
    fields.Problem("id", absl::StrCat("must be [a-z][a-z0-9-]{0,39}, got \"", id, "\""));
  }
  if (!id.empty() && !seen.insert(id).second) {
    fields.Problem("id", absl::StrCat("\"", id, "\" is there twice"));
  }
  return id;
}

void EnrolmentsReader::CheckShard(YamlFields& fields, const ShardId& shard) {
  std::vector<std::string> names;
  for (const ShardConfig& known : config_.shards) {
    if (shard.empty() || known.id == shard.value()) {
      return;
    }
    names.push_back(known.id);
  }
  fields.Problem("shard", absl::StrCat("must be a configured shard (", absl::StrJoin(names, ", "),
                                       "), got \"", shard.value(), "\""));
}

// Their messages begin with the field's own name.
void EnrolmentsReader::Check(YamlFields& fields, absl::string_view key,
                             const absl::Status& status) {
  if (status.ok() || !fields.Has(key)) {
    return;
  }
  absl::string_view message = status.message();
  absl::ConsumePrefix(&message, key);
  fields.Problem(key, absl::StripLeadingAsciiWhitespace(message));
}

}  // namespace

absl::StatusOr<std::vector<BrandWithInstalls>> ParseEnrolments(absl::string_view text,
                                                               absl::string_view file,
                                                               const Config& config) {
  RK_ASSIGN_OR_RETURN(const YamlNode root, ParseYaml(text, file));
  YamlProblems problems{std::string(file)};
  std::vector<BrandWithInstalls> brands = EnrolmentsReader(config, problems).Read(root);
  RK_RETURN_IF_ERROR(problems.ToStatus());
  return brands;
}

absl::StatusOr<std::vector<BrandWithInstalls>> LoadEnrolments(const std::string& file,
                                                              const Config& config) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return absl::NotFoundError(
        absl::StrCat("enrolments file \"", file, "\" cannot be read: ", std::strerror(errno)));
  }
  return ParseEnrolments(text.str(), file, config);
}

}  // namespace roomkeeper
