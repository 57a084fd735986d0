/** The messages of the warnings of this library that are emitted while something runs. */
export async function warningsDuring(run: () => unknown): Promise<string[]> {
  const messages: string[] = [];
  const listen = (warning: Error) => {
    if (warning.name === 'ThreadsStrategyWarning') messages.push(warning.message);
  };
  process.on('warning', listen);
  try {
    await run();
    // Warnings are emitted on the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    return messages;
  } finally {
    process.off('warning', listen);
  }
}
