import { startServer } from '../main.ts';
import { readSettings } from '../settings.ts';
import { type Command, readArgs, withSettings } from './command.ts';

/** Starts the server and keeps it until a signal comes: the first drains, the second ends at once. */
export const startCommand: Command = {
  name: 'start',
  usage: 'start',
  summary: 'starts the server and the studio (settings by environment)',
  async run(args) {
    readArgs(args, {}, this.usage);
    const settings = withSettings(() => readSettings(process.env));
    const server = await startServer(settings);
    console.log(`Millrace is running at ${server.loginUrl}`);
    console.log('The link signs you in once, within 15 minutes. Ctrl-C drains the flows and stops.');
    let stopping = false;
    const stop = () => {
      if (stopping) process.exit(1);
      stopping = true;
      console.log('Draining the flows; once more Ctrl-C ends at once.');
      void server.close().then(() => process.exit(0));
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    return -1;
  },
};
