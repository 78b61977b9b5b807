// The example in README.md, run as it stands there by a brand that has only an address and a key.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { enroll } from './operator.mjs';
import { sourceDir, World } from './programs.mjs';
import { RoomkeeperClient } from './roomkeeper_client.mjs';

test('the example of the README gets a clean room and all it needs to run the notebook', async () => {
  const readme = await readFile(path.join(sourceDir, 'README.md'), 'utf8');
  const [, example] = readme.match(/```js\n(.*?)```/s);
  assert.ok(example.trimEnd().split('\n').length <= 25, 'the example is short');
  const world = await World.start();
  try {
    const operator = await RoomkeeperClient.connect(world.daemon.ready.grpc_address,
      world.operatorKeyFile);
    const key = await enroll(world, operator, 'acme');
    operator.close();
    const { stdout } = await promisify(execFile)(
      process.execPath, ['--input-type=module', '--eval', example], {
        cwd: fileURLToPath(new URL('.', import.meta.url)), // where node_modules is
        env: {
          ...process.env,
          ROOMKEEPER_ADDRESS: world.daemon.ready.grpc_address,
          ROOMKEEPER_API_KEY_FILE: key,
          ROOMKEEPER_PROTOS: path.join(sourceDir, 'proto'),
        },
      });

    assert.match(stdout, /^run identity_match in \w+ as acme, etag [0-9a-f]{64}\n$/);
  } finally {
    await world.stop();
  }
});
