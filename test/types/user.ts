declare global {
  namespace Express {
    /** The app's own user: where no app declares a member, anything at all is one. */
    interface User {
      member?: string;
    }
  }
}

export {};
