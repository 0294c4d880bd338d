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
    page.getByRole('alert').filter({ hasText: 'quiet has nothing to do' })
  );
  await expect(notices[0]).toContainText(/ends at \d\d:\d\d\./);
  await expect(notices[1]).toBeVisible();
  await expect(card).toContainText(/Nothing to do: ends in \d+ s, at/);
  await first.page.screenshot({ path: picture('warning') });

  await notices[1].getByRole('button', { name: 'Keep running' }).click();
  for (const notice of notices) {
    await expect(notice).toHaveCount(0);
  }
  await expect(card).not.toContainText('Nothing to do');
  await expect(card).toContainText('Running');
});
