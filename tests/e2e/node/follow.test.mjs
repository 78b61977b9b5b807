// An app that follows a job over a restart of the server, against the real programs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enroll } from './operator.mjs';
import { World } from './programs.mjs';
import { RoomkeeperClient } from './roomkeeper_client.mjs';

test('an app follows its job over a restart, with the place that the drain told', async () => {
  const world = await World.start();
  try {
    const operator = await RoomkeeperClient.connect(world.daemon.ready.grpc_address,
      world.operatorKeyFile);
    const key = await enroll(world, operator, 'acme');
    operator.close();
    await world.control('POST', '/faults',
      { pattern: '* *', workspace: 'provider', ending: 'hang', times: -1 });
    const app = await RoomkeeperClient.connect(world.daemon.ready.grpc_address, key);
    const job = await app.call('CleanRoomService', 'CreateCleanRoom',
      { clean_room: { package: 'packages/identity-match' } });
    app.close();
    const connections = [];
    let drained;
    const connect = async () => {
      if (drained !== undefined) {
        assert.equal(await drained, 0);
        await world.control('DELETE', '/faults');
        await world.startDaemon();
      }
      connections.push(world.daemon.ready.grpc_address);
      return RoomkeeperClient.connect(connections.at(-1), key);
    };

    const events = [];
    for await (const event of RoomkeeperClient.follow(connect, job.name)) {
      events.push(event);
      drained ??= world.daemon.stop();
    }

    assert.equal(connections.length, 2);
    assert.deepEqual(events.map(({ sequence }) => Number(sequence)),
      events.map((_, index) => index + 1));
    assert.equal(events.at(-1).job_state, 'JOB_STATE_SUCCEEDED', events.at(-1).message);
  } finally {
    await world.stop();
  }
});
