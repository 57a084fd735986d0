import { ADA, Browser, type Page } from '../example-reference/support.js';

/** A browser that notes which instance answered. */
export class Visitor extends Browser {
  /** The app's pages in the order they were asked for, with the instance that answered each. */
  readonly hops: { path: string; instance: string }[] = [];

  override async request(...args: Parameters<Browser['request']>): Promise<Page> {
    const page = await super.request(...args);
    const { origin, pathname } = new URL(page.url);
    if (origin === this.origin) this.hops.push({ path: pathname, instance: instanceOf(page) });
    return page;
  }

  /** Presses Allow in the window that `leg` leads to, and gives the URL that Threads sends the browser to. */
  async allow(leg: Page): Promise<string> {
    const { headers } = await this.request(leg.headers.get('location')!, { decision: 'allow', user: ADA });
    return headers.get('location')!;
  }

  /** Asks for pages until the next one is the turn of `instance`. */
  async passTurnTo(instance: { address: string }): Promise<void> {
    let page: Page;
    do page = await super.request('/');
    while (instanceOf(page) === instance.address);
  }
}

/** The address of the instance that answered; with those that did not answer before it, if any. */
export function instanceOf({ headers }: Page): string {
  return headers.get('x-upstream') ?? 'no instance';
}
