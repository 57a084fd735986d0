// One contender of one row, in a process of its own: neither its code nor its garbage touches the others.
const [, , file, name, upstream] = process.argv;
const { default: row } = await import(`./rows/${file}.js`);
const { batch, inFlight = 8, contenders, delay } = row;
const task = await contenders[name](upstream);

/** Runs the task so many times. Returns what the last one says of itself. */
async function run(count) {
  let left = count;
  let figures;
  const lane = async () => {
    while (left-- > 0) figures = await task();
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return figures;
}

/** How many round trips the upstream has counted since it was last asked. */
async function roundTrips() {
  const count = await fetch(`${upstream}/round-trips`);
  return Number(await count.text());
}

process.on('message', async ({ warmUp }) => {
  if (warmUp) await run(Math.ceil(batch / 10));
  if (warmUp && delay) await roundTrips();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const figures = await run(batch);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const sample = { rate: (batch / ms) * 1000, cpu: (user + system) / batch, ms, ...figures };
  process.send(delay ? { ...sample, roundTrips: await roundTrips() } : sample);
});
process.on('disconnect', () => process.exit());
process.send('ready');
