import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Opened, run } from './programs.js';
import { startRoundRobin } from './round-robin.js';

// Debian has nginx where only an administrator's PATH leads.
const PATH = [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter);

/**
 * Puts nginx in front of the instances, round-robin. `NGINX` names another nginx; where there is none, the
 * stand-in of `round-robin.ts` takes its place, and says so.
 */
export async function startProxy(
  opened: Opened,
  folder: string,
  port: number,
  upstreams: readonly string[],
): Promise<void> {
  await writeFile(join(folder, 'nginx.conf'), configuration(port, upstreams));
  const command = process.env.NGINX || 'nginx';
  try {
    const nginx = await run(command, ['-p', folder, '-c', 'nginx.conf'], /using the .* event method/, {
      cwd: folder,
      env: { ...process.env, PATH },
    });
    opened.add(() => nginx.kill());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.warn(`${command} is not installed: test/instances/round-robin.ts stands in for it`);
    opened.add(await startRoundRobin(port, upstreams));
  }
}

// One process, so that there is one turn to take, and none is left behind when it is killed.
function configuration(port: number, upstreams: readonly string[]): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;

  upstream app {
${upstreams.map((upstream) => `    server ${upstream} max_fails=1 fail_timeout=10s;`).join('\n')}
  }

  server {
    listen 127.0.0.1:${port};

    location / {
      proxy_pass http://app;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 2s;
      proxy_next_upstream error timeout;
      add_header X-Upstream $upstream_addr always;
    }
  }
}
`;
}
