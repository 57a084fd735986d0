import { defineConfig } from '@playwright/test';

const app = 'http://localhost:3100';
const simulator = 'http://127.0.0.1:4100';

export default defineConfig({
  testMatch: '*.playwright.ts',
  // One simulator for all tests: one at a time.
  workers: 1,
  use: {
    baseURL: app,
    // Debian's Chromium. Leave this out to use the browsers that `npx playwright install` fetches.
    launchOptions: { executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium' },
  },
  webServer: [
    {
      command: `npx passport-threads-oauth2 simulator --port 4100 --app 1:secret:${app}/auth/threads/callback`,
      url: `${simulator}/health`,
    },
    {
      // Your own app, told where Threads is. These are the names that the Express example reads.
      command: 'npm start',
      cwd: '../reference',
      url: app,
      env: {
        PORT: '3100',
        THREADS_APP_ID: '1',
        THREADS_APP_SECRET: 'secret',
        THREADS_CALLBACK_URL: `${app}/auth/threads/callback`,
        THREADS_REQUIRED_SCOPES: 'threads_content_publish',
        THREADS_SIMULATOR_URL: simulator,
        DATABASE_URL: 'file::memory:',
      },
    },
  ],
});
