import { finish } from '../../../../threads-client.mjs';

export async function GET(request) {
  try {
    return await finish(request);
  } catch ({ name, reason, status }) {
    return Response.json({ name, reason }, { status: status ?? 500 });
  }
}
