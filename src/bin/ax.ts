import '../promise-with-resolvers.ts'
import { main, reportLost } from '../cli/index.ts'

// With DEBUG=libp2p:* it would make the Noise library log static private keys.
delete process.env['DUMP_SESSION_KEYS']

process.on('uncaughtException', reportLost)
process.on('unhandledRejection', reportLost)

// A closed pipe ends a program quietly: whoever read has enough.
process.stdout.on('error', () => process.exit(0))

void main(process.argv.slice(2)).then((status) => {
  // What was written must be out before the process ends; nothing else is waited for.
  process.stdout.write('', () => process.exit(status))
})
