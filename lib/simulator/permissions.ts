/** How the authorization window explains each permission (Meta: Threads API, Permissions). */
export const permissions = new Map<string, { title: string; description: string }>([
  [
    'threads_basic',
    {
      title: 'See your profile',
      description: 'Your username, name, picture, bio and posts.',
    },
  ],
  [
    'threads_content_publish',
    {
      title: 'Publish posts',
      description: 'Create posts in your name, with text, images and videos.',
    },
  ],
  [
    'threads_read_replies',
    {
      title: 'Read replies',
      description: 'See the replies that others leave on your posts.',
    },
  ],
  [
    'threads_manage_replies',
    {
      title: 'Manage replies',
      description: 'Answer replies, hide them, and choose who may reply.',
    },
  ],
  [
    'threads_manage_insights',
    {
      title: 'See insights',
      description: 'Views, likes and other figures of your posts and profile.',
    },
  ],
  [
    'threads_manage_mentions',
    {
      title: 'See mentions',
      description: 'Find public posts in which others mention you.',
    },
  ],
  [
    'threads_keyword_search',
    {
      title: 'Search by keyword',
      description: 'Look for public posts that contain a word.',
    },
  ],
  [
    'threads_location_tagging',
    {
      title: 'Tag locations',
      description: 'Search for places and add them to your posts.',
    },
  ],
  [
    'threads_delete',
    {
      title: 'Delete posts',
      description: 'Remove posts from your profile for good.',
    },
  ],
  [
    'threads_profile_discovery',
    {
      title: 'Look up profiles',
      description: 'See public profiles and their posts on your behalf.',
    },
  ],
  [
    'threads_share_to_instagram',
    {
      title: 'Share to Instagram',
      description: 'Show your posts on your Instagram account too.',
    },
  ],
]);
