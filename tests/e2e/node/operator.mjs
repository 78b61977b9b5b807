// What the operator does once for each brand.

// Makes the brand, its install "prod" and a key for it; the file that holds the key.
export async function enroll(world, operator, brand) {
  const workspace = world.workspace(brand);
  await operator.call('BrandService', 'CreateBrand', { brand_id: brand, brand: {} });
  const install = await operator.call('BrandService', 'EnrollInstall', {
    parent: `brands/${brand}`,
    install_id: 'prod',
    install: {
      global_metastore_id: workspace.global_metastore_id,
      invite_recipient_workspace_id: workspace.workspace_id,
      invite_recipient_email: `data@${brand}.example`,
    },
  });
  const { key } = await operator.call('BrandService', 'CreateApiKey', { parent: install.name });
  return world.writeKey(brand, key);
}
