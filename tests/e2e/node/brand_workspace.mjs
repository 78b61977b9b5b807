// What a brand does in its own Databricks workspace, with its own identities: plain REST.
export class BrandWorkspace {
  #host;
  #authorization;

  // As a service principal (OAuth) or, with a user's personal access token, as that user.
  static async login(workspace, principalName) {
    const principal = workspace.principals.find(({ name }) => name === principalName);
    const brand = new BrandWorkspace();
    brand.#host = workspace.host;
    if (principalName.includes('@')) {
      brand.#authorization = `Bearer ${principal.client_secret}`;
      return brand;
    }
    const basic = Buffer.from(`${principal.client_id}:${principal.client_secret}`);
    const response = await fetch(`${workspace.host}/oidc/v1/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic.toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }),
    });
    brand.#authorization = `Bearer ${(await response.json()).access_token}`;
    return brand;
  }

  async call(method, path, body) {
    const response = await fetch(`${this.#host}${path}`, {
      method,
      headers: { authorization: this.#authorization },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text === '' ? {} : JSON.parse(text);
  }

  // Adds a table of the brand to the room, as <alias>.<schema>.<table>.
  addTable(room, alias, localName) {
    const [, schema, table] = localName.split('.');
    return this.call('POST', `/api/2.0/clean-rooms/${room}/assets`, {
      name: `${alias}.${schema}.${table}`,
      asset_type: 'TABLE',
      table_local_details: { local_name: localName },
    });
  }

  // The catalog that gets the output schema of each run.
  makeOutputCatalog(room, catalogName) {
    return this.call('POST', `/api/2.0/clean-rooms/${room}/output-catalogs`,
      { catalog_name: catalogName });
  }

  // Starts the room's notebook by the Jobs API; the run's id.
  async submitRun(runnable, parameters) {
    const { run_id: runId } = await this.call('POST', '/api/2.2/jobs/runs/submit', {
      run_name: 'match',
      tasks: [{
        task_key: 'match',
        clean_rooms_notebook_task: {
          clean_room_name: runnable.clean_room_name,
          notebook_name: runnable.notebook_name,
          etag: runnable.etag,
          notebook_base_parameters: parameters,
        },
      }],
    });
    return runId;
  }

  // Of one task of a run: where its tables are, and until when.
  async output(taskRunId) {
    const answer = await this.call('GET', `/api/2.2/jobs/runs/get-output?run_id=${taskRunId}`);
    return answer.clean_rooms_notebook_output;
  }

  run(runId) {
    return this.call('GET', `/api/2.2/jobs/runs/get?run_id=${runId}`);
  }
}
