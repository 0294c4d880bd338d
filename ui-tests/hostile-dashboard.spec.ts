/** A dashboard whose page carries script: it runs, and can do nothing as the user. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import type { Lab } from './support/lab';
import { PYTHON, run } from './support/run';

/** Puts a page of one's own into a scheduler, and a task whose name is a page's element with script in it. */
const MEDDLE = `
import json, sys
from distributed import Client
from distributed.security import Security

where, page = sys.argv[1:]
known = json.loads(where)
security = Security(
    tls_ca_file=known["ca"], tls_client_cert=known["cert"], tls_client_key=known["key"], require_encryption=True
)
client = Client(known["address"], security=security)

def meddle(dask_scheduler, page):
    from tornado.web import RequestHandler

    class Evil(RequestHandler):
        def get(self):
            self.set_header("Content-Type", "text/html")
            self.finish(page)

    dask_scheduler.http_application.add_handlers(".*$", [("/evil", Evil)])

client.run_on_scheduler(meddle, page=page)
key = "<img src=x onerror=\\"document.title='owned'\\"><script>document.title='owned'</script>"
future = client.submit(lambda: 1, key=key, pure=False)
future.result()
client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.client_desires_keys(keys=[key], client="kept"))
`;

/** Everything that such a page might try, and what came of it as the page's title. */
const PAGE = (
  base: string
): string => `<!DOCTYPE html><title>busy</title><script>
const base = ${JSON.stringify(base)};
const attempt = async deed => { try { return String(await deed()); } catch (error) { return 'no: ' + error.name; } };
const asked = (path, options) => fetch(base + path, { credentials: 'include', ...options }).then(answer => answer.status);
const socket = path => new Promise(resolve => {
  const one = new WebSocket(base.replace('http', 'ws') + path);
  one.onopen = () => resolve('open');
  one.onerror = () => resolve('no: socket');
});
(async () => {
  document.title = JSON.stringify({
    origin: self.origin,
    cookie: await attempt(() => document.cookie),
    storage: await attempt(() => localStorage.length),
    opener: String(self.opener),
    read: await attempt(() => asked('api/contents')),
    token: await attempt(() => asked('lab')),
    kernel: await attempt(() => asked('api/kernels', { method: 'POST', body: '{}' })),
    launch: await attempt(() => asked('jupyterlab-dask-hpc/clusters', { method: 'POST', body: '{"profile":"local"}' })),
    blind: await attempt(() => asked('api/kernels', { method: 'POST', mode: 'no-cors', body: '{}' }) && 'sent'),
    stream: await attempt(() => socket('jupyterlab-dask-hpc/stream')),
    terminal: await attempt(() => socket('api/events/subscribe'))
  });
})();
</script>`;

test('what a dashboard carries cannot act as the user', async ({
  startLab,
  open
}) => {
  const lab = await startLab();
  const jupyter = await open(lab);
  const { body } = await lab.call('POST', 'clusters', {
    profile: 'local',
    name: 'evil',
    workers: { jobs: 1, memory: '512M' }
  });
  const id = String(body.id);
  await jupyter.showPanel();
  await jupyter.card('evil').allRun(1);
  await meddle(lab, id);
  const shown = (await lab.call('GET', `clusters/${id}`)).body;
  const dashboard = `${lab.url}${String(shown.dashboard)}`;

  // The user is logged in in this very browser, and follows a link there.
  const page = await jupyter.page.context().newPage();
  await page.goto(dashboard.replace(/status$/, 'evil'));
  await expect(page).toHaveTitle(/^\{/, { timeout: 60_000 });
  const got = JSON.parse(await page.title()) as Record<string, string>;
  expect(got.origin).toBe('null');
  expect(got.opener).toBe('null');
  for (const attempt of ['cookie', 'storage', 'read', 'token', 'kernel']) {
    expect(got[attempt], attempt).toMatch(/^no: /);
  }
  for (const attempt of ['launch', 'stream', 'terminal']) {
    expect(got[attempt], attempt).toMatch(/^no: /);
  }
  expect(await kernels(lab)).toEqual([]);
  expect(await lab.clusters()).toHaveLength(1);

  // It cannot take the user's own tab elsewhere, or send a form, or log him out with his clusters.
  await page.evaluate(url => void window.open(`${url}logout`), lab.url);
  await expect.poll(() => page.context().pages().length).toBeGreaterThan(2);
  const [cluster] = await lab.clusters();
  expect(cluster.state).not.toMatch(/clos/);

  // A task's name is text on Dask's own pages, and their script would be as powerless as the one above.
  await page.goto(dashboard.replace(/status$/, 'info/main/workers.html'));
  await page
    .getByRole('link', { name: /tls|127/ })
    .first()
    .click();
  await expect(page).not.toHaveTitle('owned');

  await lab.call('DELETE', `clusters/${id}`);
  await expect.poll(() => lab.jobProcesses(), { timeout: 60_000 }).toEqual([]);
});

async function meddle(lab: Lab, id: string): Promise<void> {
  const script = join(lab.folder, 'meddle.py');
  await writeFile(script, MEDDLE);
  const { body } = await lab.call('GET', `clusters/${id}/connection`);
  await run(PYTHON, [script, JSON.stringify(body), PAGE(lab.url)]);
}

async function kernels(lab: Lab): Promise<unknown[]> {
  const headers = { Authorization: `token ${lab.token}` };
  const answer = await fetch(`${lab.url}api/kernels`, { headers });
  return (await answer.json()) as unknown[];
}
