import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  // Each has a JupyterLab and a Chromium of its own, and those on Slurm a Slurm.
  workers: 2,
  projects: [
    { name: 'slurm', grep: /@slurm/, workers: 1 },
    { name: 'local', grepInvert: /@slurm/ }
  ],
  fullyParallel: false,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  outputDir: 'test-results',
  forbidOnly: true,
  use: {
    viewport: { width: 1440, height: 900 },
    actionTimeout: 30_000,
    navigationTimeout: 90_000,
    // To record one of each test takes more than a third of the processor time.
    trace: process.env.TRACE === '1' ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    // It would look for an ffmpeg of its own.
    video: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  }
});
