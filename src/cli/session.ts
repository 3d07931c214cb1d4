import { fail } from '../base/index.ts'
import type { AdminConnection } from '../client/index.ts'
import type { Identity } from '../keys/index.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/index.ts'
import { configPaths, type ConfigPaths } from './config-paths.ts'
import type { Settled } from './global-options.ts'
import { openKeystore, type Keystore } from './keystore.ts'
import { createPassphraseSource, type PassphraseSource } from './passphrase.ts'
import type { Terminal } from './terminal.ts'

/** What a command is given: the options as they count, the terminal, the keystore, and nodes to talk to. */
export interface Session {
  readonly settled: Settled
  readonly terminal: Terminal
  readonly paths: ConfigPaths
  readonly keystore: Keystore
  readonly passphrase: PassphraseSource
  /** Runs an operation on the node that was chosen, or on the one named; dials it on first use. */
  call<N extends OperationName>(name: N, input: OperationInput<N>, node?: string): Promise<OperationOutput<N>>
  /** Runs a streaming one. */
  stream<N extends OperationName>(name: N, input: OperationInput<N>, node?: string): AsyncIterable<OperationOutput<N>>
  /** The key pair that this command speaks with; opened, or made, once. */
  identity(): Promise<Identity>
  /** The connection itself. */
  connect(node?: string): Promise<AdminConnection>
  /** "Really?": goes on with `--yes` or after a yes. Fails with `ERR_CLI_NEEDS_TERMINAL` or `ERR_CLI_INTERRUPTED`. */
  confirm(question: string): Promise<void>
  /** Closes what was dialled. */
  close(): Promise<void>
}

export function createSession(settled: Settled, terminal: Terminal): Session {
  const paths = configPaths(terminal.environment)
  const dialled = new Map<string, Promise<AdminConnection>>()
  const keystore = openKeystore(paths.keys)
  const passphrase = createPassphraseSource(settled, terminal)

  let opened: Promise<Identity> | undefined
  const identity = (): Promise<Identity> => {
    const parts = { keystore, passphrase, terminal }
    opened ??= import('./own-identity.ts').then(({ ownIdentity }) => ownIdentity(parts, settled))
    return opened
  }
  const connect = (node?: string): Promise<AdminConnection> => {
    const known = dialled.get(node ?? '')
    if (known !== undefined) return known
    const parts = { identity, terminal, paths }
    const connecting = import('./connection.ts').then(({ connectNode }) => connectNode(node, settled, parts))
    dialled.set(node ?? '', connecting)
    return connecting
  }
  return {
    settled,
    terminal,
    paths,
    keystore,
    passphrase,
    identity,
    connect,
    call: async (name, input, node) => (await connect(node)).call(name, input),
    async *stream(name, input, node) {
      yield* (await connect(node)).stream(name, input)
    },
    confirm: (question) => confirm(question, settled, terminal),
    async close() {
      for (const connecting of dialled.values()) {
        // What could not be dialled has been reported where it was asked for.
        await connecting.then((connection) => connection.close()).catch(() => undefined)
      }
    },
  }
}

async function confirm(question: string, settled: Settled, terminal: Terminal): Promise<void> {
  if (settled.yes) return
  if (!terminal.interactive || !settled.input) {
    throw fail('ERR_CLI_NEEDS_TERMINAL', { what: 'This question', hint: 'Add --yes.' })
  }
  const answer = await terminal.ask(`${question} (yes/no)? `)
  if (answer?.trim() !== 'yes') throw fail('ERR_CLI_INTERRUPTED')
}
