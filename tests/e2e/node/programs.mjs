// The real programs on loopback: databricks-sim with the shipped sample world, and roomkeeperd with
// SQLite, each in a folder of this test's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

export const sourceDir = fileURLToPath(new URL('../../..', import.meta.url));
const binaryDir = process.env.RK_BIN_DIR ?? path.join(sourceDir, 'build/bin');

// A program that has printed its ready line.
class Program {
  constructor(child, ready, log) {
    this.child = child;
    this.ready = ready;
    this.log = log;
  }

  static async start(name, args) {
    const child = spawn(path.join(binaryDir, name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = [];
    child.stderr.on('data', (bytes) => log.push(bytes));
    const lines = readline.createInterface({ input: child.stdout });
    const failed = new Promise((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) =>
        reject(new Error(`${name} ended with ${code}: ${Buffer.concat(log)}`)));
    });
    failed.catch(() => {});
    const [line] = await Promise.race([once(lines, 'line'), failed]);
    return new Program(child, JSON.parse(line), log);
  }

  stderr() {
    return Buffer.concat(this.log).toString();
  }

  // SIGTERM; the exit code.
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await exited;
    }
    return this.child.exitCode;
  }
}

export class World {
  static async start() {
    const world = new World();
    world.folder = await mkdtemp(path.join(tmpdir(), 'roomkeeper-e2e-'));
    try {
      await world.#startSimulator();
      await world.startDaemon();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #startSimulator() {
    const sample = await readFile(path.join(sourceDir, 'deploy/config/databricks-sim.yaml'), 'utf8');
    const config = path.join(this.folder, 'databricks-sim.yaml');
    await writeFile(config, sample
      .replace(/^provisioning:.*$/m, 'provisioning: {mean: 200ms, spread: 100ms}')
      .replace(/^secrets_dir:.*$/m, 'secrets_dir: secrets'));
    this.simulator = await Program.start('databricks-sim', ['--config', config]);
  }

  async startDaemon() {
    const provider = this.workspace('provider');
    const config = path.join(this.folder, 'roomkeeperd.yaml');
    await writeFile(config, `
provider: {collaborator_alias: provider}
packages_dir: ${path.join(sourceDir, 'deploy/packages')}
store: {path: roomkeeper.db}
grpc: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
shards:
  - id: main
    host: ${provider.host}
    global_metastore_id: ${provider.global_metastore_id}
    client_id: ${provider.principals[0].client_id}
    client_secret_file: secrets/provider.roomkeeper.secret
    requests_per_second: 200
`);
    this.operatorKeyFile = path.join(this.folder, 'operator.key');
    this.daemon = await Program.start('roomkeeperd',
      ['--config', config, '--bootstrap-operator-key', this.operatorKeyFile]);
  }

  workspace(name) {
    return this.simulator.ready.workspaces.find((workspace) => workspace.name === name);
  }

  // Writes an API key where an installed app would find its own.
  async writeKey(name, key) {
    const folder = path.join(this.folder, 'keys');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, name);
    await writeFile(file, `${key}\n`, { mode: 0o600 });
    return file;
  }

  // A call of the simulator's control URL.
  async control(method, route, body) {
    const response = await fetch(`${this.simulator.ready.control_url}${route}`,
      { method, body: body && JSON.stringify(body) });
    if (!response.ok) {
      throw new Error(`${method} ${route}: ${await response.text()}`);
    }
    return response.json();
  }

  // The exit codes of both.
  async stop() {
    const codes = [await this.daemon?.stop(), await this.simulator?.stop()];
    await rm(this.folder, { recursive: true, force: true });
    return codes;
  }
}
