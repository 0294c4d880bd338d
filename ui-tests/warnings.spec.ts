/** An end that is near is told in every tab, and put off from any of them. */
import { expect, test } from './fixtures';

test('an idle cluster is kept running', async ({ startLab, open, picture }) => {
  const lab = await startLab({
    profile: [
      'batch=local',
      'idle_timeout__minimum=00:00:20',
      'idle_timeout__default=00:00:50'
    ]
  });
  const first = await open(lab);
  const second = await open(lab, 'second');
  const { status, body } = await lab.call('POST', 'clusters', {
    name: 'quiet',
    profile: 'cc-in2p3',
    workers: { jobs: 1, memory: '1G' }
  });
  expect(status, JSON.stringify(body)).toBe(201);

  // Before the warning, which leaves 25 s.
  await first.showPanel();
  const { card } = first.card('quiet');

  const notices = [first, second].map(({ page }) =>
    page.getByRole('alert').filter({ hasText: 'quiet is idle and ends' })
  );
  await expect(notices[0]).toContainText(/ends at \d{1,2}:\d\d/);
  await expect(notices[1]).toBeVisible();
  await expect(card).toContainText(/Idle: ends in \d+ s, at/);
  await first.page.screenshot({ path: picture('warning') });

  await notices[1].getByRole('button', { name: 'Reset idle timer' }).click();
  for (const notice of notices) {
    await expect(notice).toHaveCount(0);
  }
  await expect(card).not.toContainText('Idle');
  await expect(card).toContainText('Running');
});

test('workers are kept beyond their time limit', async ({
  startLab,
  open,
  picture
}) => {
  const lab = await startLab({ profile: ['batch=local'] });
  const jupyter = await open(lab);
  const { status, body } = await lab.call('POST', 'clusters', {
    name: 'replace',
    profile: 'cc-in2p3',
    workers: { jobs: 1, memory: '1G', time: '00:01:00' }
  });
  expect(status, JSON.stringify(body)).toBe(201);
  await jupyter.showPanel();
  const { card } = jupyter.card('replace');
  await expect(card).toContainText(/first workers end in \d+ s/);
  await card.getByRole('button', { name: 'Replace workers' }).click();
  await expect(card).toContainText(
    /left, until .*Workers are replaced until then/
  );
  await expect(card).not.toContainText('first workers end');

  // The other one has come before the first has gone, and is at work after it.
  const shown = jupyter.status('replace');
  await jupyter.card('replace').openStatus('replace');
  await shown.jobs(3);
  await expect(card).toContainText('1 of 1 running');
  await jupyter.page.screenshot({ path: picture('kept') });
  await card.getByRole('button', { name: /^More for / }).click();
  const replaced = jupyter.page.getByRole('menuitemcheckbox', {
    name: 'Replace workers'
  });
  await expect(replaced).toBeChecked();
  await jupyter.page.screenshot({ path: picture('kept-menu') });
  await replaced.click();
  await expect(card).not.toContainText('Workers are replaced');
});
