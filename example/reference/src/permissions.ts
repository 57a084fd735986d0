import type { Config } from './config.js';
import type { User } from './users.js';

/** What a person would call each permission. Meta adds to the list, so an unknown one shows its own name. */
const LABELS: Record<string, string> = {
  threads_basic: 'See your profile and posts',
  threads_content_publish: 'Publish posts for you',
  threads_read_replies: 'Read replies to your posts',
  threads_manage_replies: 'Answer, hide and manage replies',
  threads_manage_insights: 'See insights about your posts and profile',
  threads_manage_mentions: 'See where you are mentioned',
  threads_keyword_search: 'Search public posts',
  threads_location_tagging: 'Tag places in posts',
  threads_delete: 'Delete your posts',
  threads_profile_discovery: 'Find other public profiles',
};

export interface Permission {
  scope: string;
  label: string;
  state: 'granted' | 'refused' | 'unknown';
  /** False for a permission from an earlier sign-in that this app no longer asks for. */
  requested: boolean;
}

export function describe(scope: string): string {
  return LABELS[scope] ?? scope;
}

/** The requested permissions in the order they were asked for, then whatever else the person granted. */
export function compare(requested: string[], granted: string[] | undefined): Permission[] {
  const extra = granted?.filter((scope) => !requested.includes(scope)) ?? [];
  return [...requested, ...extra].map((scope) => ({
    scope,
    label: describe(scope),
    state: granted === undefined ? 'unknown' : granted.includes(scope) ? 'granted' : 'refused',
    requested: requested.includes(scope),
  }));
}

/**
 * What to ask for in a sign-in: beside what everybody is asked for, all that this person granted before, so that no
 * sign-in takes away what an earlier one brought.
 */
export function scopesToAskFor(config: Config, user: User | undefined, more: string[] = []): string[] {
  return [...new Set([...config.threads.scope, ...(user?.token.scopes ?? []), ...more])];
}
