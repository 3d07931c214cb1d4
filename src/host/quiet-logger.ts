import type { ComponentLogger, Logger } from '@libp2p/interface'

const quiet: Logger = Object.assign(() => undefined, {
  trace: () => undefined,
  error: () => undefined,
  enabled: false,
  newScope: () => quiet,
})

/**
 * The library's log, switched off: every connection makes several of its loggers, each of which asks the terminal
 * whether it has colours, and one of them can be made to print private keys (`DUMP_SESSION_KEYS`). What matters is
 * logged by us, with a code.
 */
export const quietLogger: ComponentLogger = { forComponent: () => quiet }
