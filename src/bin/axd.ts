import '../promise-with-resolvers.ts'
import { runDaemon } from '../node/index.ts'

void runDaemon(process.argv.slice(2)).then((status) => process.exit(status))
