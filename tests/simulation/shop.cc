#include "tests/simulation/shop.h"

#include "lib/base/check.h"

namespace roomkeeper::testing {

void Enrol(StorageEngine& engine) {
  CommitNotice notice;
  for (int brand = 0; brand < kBrands; ++brand) {
    const std::string name = BrandName(brand);
    const auto results =
        engine.Apply({CreateBrand{.brand = {.id = BrandId(name),
                                            .display_name = name,
                                            .collaborator_alias = name,
                                            .jobs_in_flight_max = 20}},
                      CreateInstall{.install = {.brand = BrandId(name),
                                                .id = InstallId("main"),
                                                .global_metastore_id = BrandMetastore(brand),
                                                .workspace_id = 2000 + brand,
                                                .invite_recipient_email = "data@brand.example"}}},
                     notice);
    RK_CHECK(results[0].ok() && results[1].ok());
  }
}

}  // namespace roomkeeper::testing
