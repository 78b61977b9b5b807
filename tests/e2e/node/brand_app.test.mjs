// A brand's installed app against the real programs: from an API key to a finished run.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import grpc from '@grpc/grpc-js';
import { BrandWorkspace } from './brand_workspace.mjs';
import { enroll } from './operator.mjs';
import { World } from './programs.mjs';
import { detailsOf, RoomkeeperClient } from './roomkeeper_client.mjs';

let world;
let operator;
let app;
let job;
let runnable;
const requestId = randomUUID();
const request = { clean_room: { package: 'packages/identity-match' }, request_id: requestId };

async function clientOf(brand) {
  return RoomkeeperClient.connect(world.daemon.ready.grpc_address, await enroll(world, operator, brand));
}

async function failure(call) {
  try {
    await call;
  } catch (error) {
    return { code: error.code, message: error.details, ...detailsOf(error) };
  }
  return assert.fail('the call succeeded');
}

async function eventsOf(watch) {
  const events = [];
  for await (const event of watch) {
    events.push(event);
  }
  return events;
}

describe('an installed brand app', () => {
  before(async () => {
    world = await World.start();
    operator = await RoomkeeperClient.connect(world.daemon.ready.grpc_address,
      world.operatorKeyFile);
    app = await clientOf('acme');
  });

  after(async () => {
    operator?.close();
    app?.close();
    await world?.stop();
  });

  it('asks once and watches its clean room become READY', async () => {
    job = await app.call('CleanRoomService', 'CreateCleanRoom', request);
    const events = await eventsOf(app.watch(job.name));

    assert.deepEqual(events.map(({ sequence }) => Number(sequence)),
      events.map((_, index) => index + 1));
    const last = events.at(-1);
    assert.equal(last.job_state, 'JOB_STATE_SUCCEEDED', last.message);
    assert.equal(last.clean_room_state, 'CLEAN_ROOM_STATE_READY');
    const resumed = await eventsOf(app.watch(job.name, events[1].sequence));
    assert.deepEqual(resumed, events.slice(2));
  });

  it('learns all that it needs to run the notebook', async () => {
    runnable = await app.call('CleanRoomService', 'GetRunnableNotebook', { name: job.clean_room });

    assert.equal(runnable.notebook_name, 'identity_match');
    assert.match(runnable.etag, /^[0-9a-f]{64}$/);
    assert.equal(runnable.runner_collaborator_alias, 'acme');
    assert.equal(runnable.package, 'packages/identity-match');
    assert.ok(runnable.parameters.some(({ name }) => name === 'brand_alias'));
    assert.ok(runnable.required_inputs.some(({ name }) => name === 'crm.customers'));
    assert.ok(runnable.outputs.some(({ name }) => name === 'match_rate'));
  });

  it('gets the same job when it repeats the request, and one room', async () => {
    const again = await app.call('CleanRoomService', 'CreateCleanRoom', request);

    assert.equal(again.name, job.name);
    const { counts } = await world.control('GET', '/requests/counts?workspace=provider');
    assert.equal(counts['POST /api/2.0/clean-rooms'], 1);
  });

  it('is told what is wrong, in typed details', async () => {
    const create = (changes) => failure(
      app.call('CleanRoomService', 'CreateCleanRoom', { ...request, ...changes }));

    const reused = await create({ clean_room_id: 'another' });
    assert.equal(reused.code, grpc.status.INVALID_ARGUMENT);
    assert.equal(reused.ErrorInfo.reason, 'REQUEST_ID_REUSED');
    assert.equal(typeof reused.ErrorInfo.domain, 'string');

    const exists = await create({ request_id: randomUUID() });
    assert.equal(exists.code, grpc.status.ALREADY_EXISTS);
    assert.equal(exists.ErrorInfo.reason, 'ROOM_EXISTS');

    const wrong = await create({ request_id: 'no spaces', clean_room_id: 'Not-This',
      clean_room: { package: '' } });
    assert.equal(wrong.code, grpc.status.INVALID_ARGUMENT);
    assert.deepEqual(wrong.BadRequest.field_violations.map(({ field }) => field).sort(),
      ['clean_room.package', 'clean_room_id', 'request_id']);
  });

  it('is let in by its key alone, and sees nothing of other brands', async () => {
    const stranger = await RoomkeeperClient.connect(world.daemon.ready.grpc_address);
    const keyless = await failure(
      stranger.call('CleanRoomService', 'GetCleanRoom', { name: job.clean_room }));
    assert.equal(keyless.code, grpc.status.UNAUTHENTICATED);
    assert.equal(keyless.ErrorInfo.reason, 'API_KEY_MISSING');
    stranger.close();

    const other = await clientOf('globex');
    const get = (name) => failure(other.call('CleanRoomService', 'GetCleanRoom', { name }));
    const theirs = await get(job.clean_room);
    const absent = await get('brands/acme/installs/prod/cleanRooms/absent');
    assert.equal(theirs.code, grpc.status.NOT_FOUND);
    assert.equal(theirs.ErrorInfo.reason, absent.ErrorInfo.reason);
    const { clean_rooms: rooms } = await other.call('CleanRoomService', 'ListCleanRooms', {});
    assert.deepEqual(rooms, []);
    other.close();
  });

  it('runs the notebook in its own workspace, and finds the run in its history', async () => {
    const acme = world.workspace('acme');
    const person = await BrandWorkspace.login(acme, 'data@acme.example');
    await person.addTable(runnable.clean_room_name, 'acme', 'acme.crm.customers');
    await person.makeOutputCatalog(runnable.clean_room_name, 'acme_matches');
    const runId = await person.submitRun(runnable,
      { brand_alias: runnable.runner_collaborator_alias });

    await world.control('POST', '/clock/advance', { by: '1m' }); // instead of waiting for the run
    const run = await person.run(runId);
    assert.equal(run.state.result_state, 'SUCCESS', JSON.stringify(run));
    const output = await person.output(run.tasks[0].run_id);
    assert.equal(output.output_schema_info.catalog_name, 'acme_matches');

    const { task_runs: taskRuns } = await app.call('CleanRoomService', 'ListTaskRuns',
      { parent: job.clean_room });
    assert.equal(taskRuns.length, 1);
    assert.equal(taskRuns[0].name, 'identity_match');
    assert.equal(taskRuns[0].result_state, 'SUCCESS');
    assert.equal(taskRuns[0].etag, runnable.etag);
    assert.equal(taskRuns[0].package_version, runnable.package_version);
    assert.equal(taskRuns[0].runner_collaborator_alias, 'acme');
  });

  it('gives the room back, to the end on both sides', async () => {
    const removal = await app.call('CleanRoomService', 'DeleteCleanRoom', { name: job.clean_room });
    const events = await eventsOf(app.watch(removal.name));
    assert.equal(events.at(-1).job_state, 'JOB_STATE_SUCCEEDED');
    assert.equal(events.at(-1).clean_room_state, 'CLEAN_ROOM_STATE_AWAITING_BRAND_DELETE');

    const person = await BrandWorkspace.login(world.workspace('acme'), 'data@acme.example');
    await person.call('DELETE', `/api/2.0/clean-rooms/${runnable.clean_room_name}`);
    const room = await app.call('CleanRoomService', 'ConfirmRoomRemoved', { name: job.clean_room });
    assert.equal(room.state, 'CLEAN_ROOM_STATE_DELETED');
  });

  it('leaves no key in any log, and both programs end with 0', async () => {
    const keys = await Promise.all([`${world.folder}/keys/acme`, world.operatorKeyFile]
      .map((file) => readFile(file, 'utf8')));
    const logs = world.daemon.stderr() + world.simulator.stderr();
    for (const key of keys) {
      assert.ok(!logs.includes(key.trim()));
    }

    operator.close();
    app.close();
    assert.deepEqual(await world.stop(), [0, 0]);
    world = undefined;
  });
});
