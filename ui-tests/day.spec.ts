/** A tab that is left open for a day holds no more at its end. */
import { expect, test } from './fixtures';
import { JupyterPage } from './pages/jupyter';
import { Day } from './support/day';

const HOUR = 3600;

test('a tab open for a day does not grow', async ({ startLab, page }) => {
  // Twenty-five hours of messages take minutes on a busy machine.
  test.slow();
  const lab = await startLab();
  const day = await Day.of(page);
  const jupyter = await JupyterPage.open(page, lab);
  const { body } = await lab.call('POST', 'clusters', {
    profile: 'local',
    name: 'long',
    workers: { jobs: 2 }
  });
  await jupyter.showPanel();
  await jupyter.card('long').allRun(2);
  await jupyter.card('long').openStatus('long');
  await jupyter.status('long').jobs(3);

  // An hour, so that all that is made but once has been made.
  await day.pass(HOUR);
  const early = await day.held();
  await day.pass(24 * HOUR);
  const late = await day.held();
  console.log('before and after a day', early, late);
  expect(late.megabytes - early.megabytes).toBeLessThan(5);
  expect(late.nodes).toBeLessThan(early.nodes * 1.2);

  // 32 MB of a log, of which 16 million characters are kept at most.
  await jupyter.status('long').openLog('scheduler');
  await expect(jupyter.status('long').log()).toContainText('Scheduler');
  await day.lines(400, 800);
  await expect(jupyter.status('long').log()).toContainText('399 799 xxx');
  const full = await day.held();
  await day.lines(400, 800);
  const fuller = await day.held();
  console.log('32 MB of a log, and once more', full, fuller);
  expect(full.megabytes - late.megabytes).toBeLessThan(80);
  expect(fuller.megabytes - full.megabytes).toBeLessThan(20);
  expect(fuller.nodes).toBeLessThan(full.nodes * 1.2);

  await lab.call('DELETE', `clusters/${String(body.id)}`);
});
