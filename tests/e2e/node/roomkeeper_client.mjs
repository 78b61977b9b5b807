// Roomkeeper's API as a brand's app calls it: stock gRPC, the protos and an API key.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { sourceDir } from './programs.mjs';

const protoDir = path.join(sourceDir, 'proto');
const services = ['brand', 'clean_room', 'job', 'package', 'server'];
const { v1 } = grpc.loadPackageDefinition(protoLoader.loadSync(
  services.map((name) => `roomkeeper/v1/${name}.proto`),
  { includeDirs: [protoDir], keepCase: true, longs: String, enums: String, defaults: true },
)).roomkeeper;

const rpc = new protobuf.Root();
rpc.resolvePath = (_, target) =>
  (target.startsWith('google/protobuf/') ? target : path.resolve(protoDir, target));
rpc.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'], { keepCase: true });

// The google.rpc details of a failed call, by message name: ErrorInfo, BadRequest, RetryInfo.
export function detailsOf(error) {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (bytes === undefined) {
    return {};
  }
  const status = rpc.lookupType('google.rpc.Status').decode(bytes);
  return Object.fromEntries(status.details.map((any) => {
    const type = rpc.lookupType(any.type_url.slice(any.type_url.lastIndexOf('/') + 1));
    return [type.name, type.toObject(type.decode(any.value))];
  }));
}

export class RoomkeeperClient {
  #stubs = {};
  #metadata = new grpc.Metadata();

  // `keyFile` holds the key; without one the calls carry none.
  static async connect(address, keyFile) {
    const client = new RoomkeeperClient();
    if (keyFile !== undefined) {
      const key = (await readFile(keyFile, 'utf8')).trim();
      client.#metadata.set('authorization', `Bearer ${key}`);
    }
    for (const name of ['BrandService', 'CleanRoomService', 'JobService', 'PackageService']) {
      client.#stubs[name] = new v1[name](address, grpc.credentials.createInsecure());
    }
    return client;
  }

  // One unary call: call('CleanRoomService', 'GetCleanRoom', {name}).
  call(service, method, request) {
    const deadline = new Date(Date.now() + 60_000);
    return new Promise((resolve, reject) => {
      this.#stubs[service][method](request, this.#metadata, { deadline },
        (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  // The events of a job until its last one.
  watch(job, afterSequence = 0) {
    return this.#stubs.JobService.WatchJob({ name: job, after_sequence: afterSequence },
      this.#metadata, { deadline: new Date(Date.now() + 60_000) });
  }

  // The same over restarts of the server: each event once, in order. A server that shuts down ends
  // the stream with UNAVAILABLE and the place to go on from; `connect` gives a client of the next.
  static async* follow(connect, job) {
    for (let after = 0; ;) {
      const client = await connect();
      try {
        for await (const event of client.watch(job, after)) {
          after = event.sequence;
          yield event;
        }
        return;
      } catch (error) {
        if (error.code !== grpc.status.UNAVAILABLE) {
          throw error;
        }
        after = error.metadata.get('roomkeeper-resume-after-sequence')[0] ?? after;
      } finally {
        client.close();
      }
    }
  }

  close() {
    Object.values(this.#stubs).forEach((stub) => stub.close());
  }
}
