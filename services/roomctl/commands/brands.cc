#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "roomkeeper/v1/brand.grpc.pb.h"

#include "services/roomctl/call_show.h"
#include "services/roomctl/list_pages.h"
#include "services/roomctl/output.h"

namespace roomkeeper {
namespace {

std::string BrandName(const std::string& given) {
  return absl::StrContains(given, "/") ? given : absl::StrCat("brands/", given);
}

void PrintBrand(const v1::Brand& brand, std::ostream& out) {
  PrintFields({{"brand", brand.name()},
               {"display name", brand.display_name()},
               {"alias", brand.collaborator_alias()},
               {"open jobs max", absl::StrCat(brand.jobs_in_flight_max())},
               {"created", Text(brand.create_time())},
               {"etag", brand.etag()}},
              out);
  for (const v1::Install& install : brand.installs()) {
    out << "  " << install.name() << "  " << install.global_metastore_id() << "  workspace "
        << install.invite_recipient_workspace_id() << "  " << install.invite_recipient_email()
        << '\n';
  }
}

void PrintInstall(const v1::Install& install, std::ostream& out) {
  const v1::TokenIdentity& token = install.token_identity();
  PrintFields(
      {{"install", install.name()},
       {"metastore", install.global_metastore_id()},
       {"workspace", absl::StrCat(install.invite_recipient_workspace_id())},
       {"invitee", install.invite_recipient_email()},
       {"shard", install.shard()},
       {"tokens",
        install.has_token_identity()
            ? absl::StrCat(token.client_id(), " of ", token.issuer(), " for ", token.audience(),
                           token.accept_tokens_that_could_act_as_the_app() ? ", all-apis too" : "")
            : ""},
       {"certificate", install.certificate_san()},
       {"packages", absl::StrJoin(install.packages(), ", ")},
       {"rooms max", install.rooms_max() > 0 ? absl::StrCat(install.rooms_max()) : ""}},
      out);
}

// As whom the app may call: enroll and callers have these.
const std::vector<FlagSpec> kCallerFlags = {
    {"token-issuer", "URL", "take OAuth tokens of this issuer, https://<workspace host>/oidc"},
    {"token-client-id", "ID", "… of this service principal (its application id)"},
    {"token-audience", "ID", "… for this audience: the id of the workspace"},
    {"accept-tokens-that-could-act-as-the-app", nullptr, "… of scope all-apis too: see the docs"},
    {"certificate", "NAME", "take the client certificate with this name, uri:… or dns:…"}};

std::vector<FlagSpec> With(std::vector<FlagSpec> flags, const std::vector<FlagSpec>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

void SetCallers(const Arguments& arguments, v1::Install& install) {
  if (arguments.Has("token-issuer") || arguments.Has("token-client-id")) {
    v1::TokenIdentity& token = *install.mutable_token_identity();
    token.set_issuer(arguments.Get("token-issuer"));
    token.set_client_id(arguments.Get("token-client-id"));
    token.set_audience(arguments.Get("token-audience"));
    token.set_accept_tokens_that_could_act_as_the_app(
        arguments.Has("accept-tokens-that-could-act-as-the-app"));
  }
  install.set_certificate_san(arguments.Get("certificate"));
}

ExitCode Create(CommandContext& context) {
  const auto labels = context.arguments().Pairs("label");
  if (!labels.ok()) {
    return context.Usage(labels.status());
  }
  v1::CreateBrandRequest request;
  request.set_brand_id(context.words()[0]);
  request.mutable_brand()->set_display_name(context.arguments().Get("display-name"));
  request.mutable_brand()->set_collaborator_alias(context.arguments().Get("alias"));
  request.mutable_brand()->mutable_labels()->insert(labels->begin(), labels->end());
  return CallAndShow<v1::BrandService>(context, &v1::BrandService::Stub::CreateBrand, request,
                                       &PrintBrand);
}

ExitCode Get(CommandContext& context) {
  v1::GetBrandRequest request;
  request.set_name(BrandName(context.words()[0]));
  return CallAndShow<v1::BrandService>(context, &v1::BrandService::Stub::GetBrand, request,
                                       &PrintBrand);
}

ExitCode List(CommandContext& context) {
  std::vector<std::vector<std::string>> rows = {{"BRAND", "DISPLAY NAME", "ALIAS", "CREATED"}};
  const auto stub = v1::BrandService::NewStub(context.connection()->channel());
  return ListPages<v1::ListBrandsResponse>(
      context, v1::ListBrandsRequest(),
      [&](grpc::ClientContext* call, const v1::ListBrandsRequest& page,
          v1::ListBrandsResponse* answer) { return stub->ListBrands(call, page, answer); },
      [&](const v1::ListBrandsResponse& answer) {
        for (const v1::Brand& brand : answer.brands()) {
          rows.push_back({brand.name(), brand.display_name(), brand.collaborator_alias(),
                          Text(brand.create_time())});
        }
      },
      rows);
}

std::string LastPart(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

// A YAML scalar, whatever is in it.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

void PrintCallers(const v1::Install& install, std::ostream& out) {
  if (install.has_token_identity()) {
    const v1::TokenIdentity& token = install.token_identity();
    out << "        token_identity:\n"
        << "          issuer: " << Quoted(token.issuer()) << '\n'
        << "          client_id: " << Quoted(token.client_id()) << '\n'
        << "          audience: " << Quoted(token.audience()) << '\n';
    if (token.accept_tokens_that_could_act_as_the_app()) {
      out << "          accept_tokens_that_could_act_as_the_app: true\n";
    }
  }
  if (!install.certificate_san().empty()) {
    out << "        certificate_san: " << Quoted(install.certificate_san()) << '\n';
  }
}

// services/roomkeeperd/store/enrolments.h reads it.
void PrintEnrolments(const v1::ListBrandsResponse& all, std::ostream& out) {
  out << (all.brands().empty() ? "brands: []\n" : "brands:\n");
  for (const v1::Brand& brand : all.brands()) {
    out << "  - id: " << Quoted(LastPart(brand.name())) << '\n'
        << "    display_name: " << Quoted(brand.display_name()) << '\n'
        << "    collaborator_alias: " << Quoted(brand.collaborator_alias()) << '\n'
        << "    jobs_in_flight_max: " << brand.jobs_in_flight_max() << '\n'
        << (brand.labels().empty() ? "" : "    labels:\n");
    const std::map<std::string, std::string> labels(brand.labels().begin(), brand.labels().end());
    for (const auto& [key, value] : labels) {
      out << "      " << Quoted(key) << ": " << Quoted(value) << '\n';
    }
    out << (brand.installs().empty() ? "" : "    installs:\n");
    for (const v1::Install& install : brand.installs()) {
      out << "      - id: " << Quoted(LastPart(install.name())) << '\n'
          << "        global_metastore_id: " << Quoted(install.global_metastore_id()) << '\n'
          << "        invite_recipient_workspace_id: " << install.invite_recipient_workspace_id()
          << '\n'
          << "        invite_recipient_email: " << Quoted(install.invite_recipient_email()) << '\n';
      if (!install.shard().empty()) {
        out << "        shard: " << Quoted(install.shard()) << '\n';
      }
      PrintCallers(install, out);
      if (!install.packages().empty()) {
        out << "        packages: [" << absl::StrJoin(install.packages(), ", ") << "]\n";
      }
      if (install.rooms_max() > 0) {
        out << "        rooms_max: " << install.rooms_max() << '\n';
      }
    }
  }
}

ExitCode Export(CommandContext& context) {
  v1::ListBrandsRequest request;
  request.set_page_size(500);
  v1::ListBrandsResponse all;
  do {
    v1::ListBrandsResponse page;
    if (const auto status = CallServer<v1::BrandService>(
            context, &v1::BrandService::Stub::ListBrands, request, page);
        !status.ok()) {
      return context.Fail(status);
    }
    for (const v1::Brand& listed : page.brands()) {  // without installs
      v1::GetBrandRequest get;
      get.set_name(listed.name());
      if (const auto status = CallServer<v1::BrandService>(
              context, &v1::BrandService::Stub::GetBrand, get, *all.add_brands());
          !status.ok()) {
        return context.Fail(status);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  Show(context, all, &PrintEnrolments);
  return ExitCode::kOk;
}

ExitCode Enroll(CommandContext& context) {
  const Arguments& arguments = context.arguments();
  std::int64_t workspace_id = 0;
  if (!absl::SimpleAtoi(arguments.Get("workspace-id"), &workspace_id)) {
    return context.Usage(absl::InvalidArgumentError(
        absl::StrCat("--workspace-id must be the number of the brand's workspace, got \"",
                     arguments.Get("workspace-id"), "\"")));
  }
  v1::EnrollInstallRequest request;
  request.set_parent(BrandName(context.words()[0]));
  request.set_install_id(arguments.Get("install-id", "default"));
  request.mutable_install()->set_global_metastore_id(arguments.Get("metastore"));
  request.mutable_install()->set_invite_recipient_workspace_id(workspace_id);
  request.mutable_install()->set_invite_recipient_email(arguments.Get("email"));
  request.mutable_install()->set_shard(arguments.Get("shard"));
  SetCallers(arguments, *request.mutable_install());
  return CallAndShow<v1::BrandService>(context, &v1::BrandService::Stub::EnrollInstall, request,
                                       &PrintInstall);
}

ExitCode Callers(CommandContext& context) {
  const Arguments& arguments = context.arguments();
  v1::UpdateInstallRequest request;
  request.mutable_install()->set_name(absl::StrCat(BrandName(context.words()[0]), "/installs/",
                                                   arguments.Get("install-id", "default")));
  SetCallers(arguments, *request.mutable_install());
  if (request.install().has_token_identity() || arguments.Has("no-tokens")) {
    request.mutable_update_mask()->add_paths("token_identity");
  }
  if (arguments.Has("certificate") || arguments.Has("no-certificate")) {
    request.mutable_update_mask()->add_paths("certificate_san");
  }
  if (request.update_mask().paths().empty()) {
    return context.Usage(absl::InvalidArgumentError(
        "say what to set: --token-issuer … or --no-tokens, --certificate … or --no-certificate"));
  }
  return CallAndShow<v1::BrandService>(context, &v1::BrandService::Stub::UpdateInstall, request,
                                       &PrintInstall);
}

ExitCode Limits(CommandContext& context) {
  const Arguments& arguments = context.arguments();
  v1::UpdateInstallRequest request;
  v1::Install& install = *request.mutable_install();
  install.set_name(absl::StrCat(BrandName(context.words()[0]), "/installs/",
                                arguments.Get("install-id", "default")));
  if (arguments.Has("package") || arguments.Has("any-package")) {
    for (const std::string& package : arguments.All("package")) {
      install.add_packages(PackageResource(package));
    }
    request.mutable_update_mask()->add_paths("packages");
  }
  if (arguments.Has("rooms-max")) {
    std::int32_t rooms_max = 0;
    if (!absl::SimpleAtoi(arguments.Get("rooms-max"), &rooms_max)) {
      return context.Usage(absl::InvalidArgumentError("--rooms-max must be a number"));
    }
    install.set_rooms_max(rooms_max);
    request.mutable_update_mask()->add_paths("rooms_max");
  }
  if (request.update_mask().paths().empty()) {
    return context.Usage(
        absl::InvalidArgumentError("say what to set: --package … or --any-package, --rooms-max …"));
  }
  return CallAndShow<v1::BrandService>(context, &v1::BrandService::Stub::UpdateInstall, request,
                                       &PrintInstall);
}

}  // namespace

std::vector<Command> BrandsCommands() {
  return {
      {"brands",
       "create",
       "ID",
       "Make a brand known (operator)",
       1,
       1,
       {{"display-name", "TEXT", "for people"},
        {"alias", "ALIAS", "its alias in clean rooms; default: the id with _ for -"},
        {"label", "KEY=VALUE", "may be repeated"}},
       &Create},
      {"brands", "get", "BRAND", "Show a brand and its installs (operator)", 1, 1, {}, &Get},
      {"brands", "list", "", "List brands (operator)", 0, 0, {}, &List},
      {"brands",
       "export",
       "",
       "Print all brands and installs for roomkeeperd store rebuild (operator)",
       0,
       0,
       {},
       &Export},
      {"brands", "enroll", "BRAND", "Bind an installed app to the brand's metastore (operator)", 1,
       1,
       With({{"install-id", "ID", "default: default"},
             {"metastore", "ID", "the sharing identifier, cloud:region:uuid"},
             {"workspace-id", "NUMBER", "the brand's workspace"},
             {"email", "ADDRESS", "the person of the brand to invite"},
             {"shard", "NAME", "pin its rooms to this provider workspace"}},
            kCallerFlags),
       &Enroll},
      {"brands", "callers", "BRAND",
       "Set as whom an install's app may call besides its API keys (operator)", 1, 1,
       With({{"install-id", "ID", "default: default"},
             {"no-tokens", nullptr, "take no tokens any more"},
             {"no-certificate", nullptr, "take no certificate any more"}},
            kCallerFlags),
       &Callers},
      {"brands",
       "limits",
       "BRAND",
       "Set what an install's app may have (operator)",
       1,
       1,
       {{"install-id", "ID", "default: default"},
        {"package", "NAME", "it may have rooms of this package; may be repeated"},
        {"any-package", nullptr, "… of any package"},
        {"rooms-max", "NUMBER", "rooms it may have at a time; 0: no limit"}},
       &Limits},
  };
}

}  // namespace roomkeeper
