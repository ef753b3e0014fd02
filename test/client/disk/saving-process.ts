import { SnapshotFolder } from '../../../client/node/disk/snapshot-folder.ts';
import { documentOf } from './document.ts';

/* A process that saves and reads documents of a folder. Usage: node saving-process.ts FOLDER WRITES BYTES */

const [folder = '', writes = '0', bytes = '1000'] = process.argv.slice(2);
const storage = new SnapshotFolder({
  folder,
  source: 'http://service',
  warn: message => console.error(message),
});
process.stdout.write('ready\n');
for (let i = 0; i < Number(writes); i++) {
  await storage.save(documentOf(`pm.uptrend.S1.m${i % 3}`, i, Number(bytes)));
  await storage.touch('index', Date.now());
}
process.stdout.write('done\n');
