import { openSpool } from '../../../client/node/spool/spool.ts';

/*
 * A process that records events as fast as a bot could, and writes a line for each number up to which `flush` or time
 * promises them. Usage: node writing-process.ts FOLDER PREFIX COUNT [exit | sigstop]
 */

const [folder = '', prefix = '', count = '0', how = ''] = process.argv.slice(2);
const spool = openSpool({
  folder,
  service: {
    post: async () => {
      throw new Error('ECONNREFUSED');
    },
  },
  segmentBytes: 4000,
});
for (let i = 0; i < Number(count); i++) {
  spool.record({ pattern_key: 'pm.uptrend.S1.entry', episode_id: `${prefix}${i}` });
  if (how === 'exit') continue;
  if (i % 10 === 9) {
    await spool.flush();
    process.stdout.write(`${i}\n`);
  }
}
if (how === 'stay') setInterval(() => undefined, 1000);
