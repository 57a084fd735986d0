// One contender of one row, in a process of its own: neither its code nor its garbage touches the others.
const [, , file, name, upstream] = process.argv;
const { default: row } = await import(`./rows/${file}.js`);
const { batch, inFlight = 8, contenders, delay } = row;
const task = await contenders[name](upstream);

async function run(count) {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await task();
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

process.on('message', async ({ warmUp }) => {
  if (warmUp) await run(Math.ceil(batch / 10));
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run(batch);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  process.send({ rate: (batch / ms) * 1000, cpu: (user + system) / batch, ms, roundTrips: ms / delay });
});
process.on('disconnect', () => process.exit());
process.send('ready');
