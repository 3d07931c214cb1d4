import { fail, limits } from '../base/index.ts'
import { utf8 } from '../codec/index.ts'
import { readSecretFile } from '../files/index.ts'
import { isCode } from './failure.ts'
import type { Settled } from './global-options.ts'
import type { Terminal } from './terminal.ts'

const triesMax = 3

/** Where passphrases come from: a file, or a person; never argv (`CLI.md` 9). */
export interface PassphraseSource {
  /** Tries without, then with the file's, or with what a person types, three times at most. */
  use<T>(path: string, open: (password: Uint8Array | undefined) => Promise<T>): Promise<T>
  /** A new passphrase, typed twice or from the file; undefined means none. Fails with `ERR_CLI_NEEDS_TERMINAL`. */
  choose(what: string, file?: string): Promise<Uint8Array | undefined>
}

export function createPassphraseSource(settled: Settled, terminal: Terminal): PassphraseSource {
  const mayAsk = terminal.interactive && settled.input
  return {
    async use(path, open) {
      try {
        return await open(undefined)
      } catch (error) {
        if (!isCode(error, 'ERR_KEYS_LOCKED')) throw error
        if (settled.passphraseFile !== undefined) return open(await readPassphrase(settled.passphraseFile))
        if (!mayAsk) throw error
      }
      return askUntilOpen(path, open, terminal)
    },
    async choose(what, file = settled.passphraseFile) {
      if (file !== undefined) return readPassphrase(file)
      if (!mayAsk) {
        throw fail('ERR_CLI_NEEDS_TERMINAL', { what, hint: 'Give --passphrase-file FILE, or --unlocked.' })
      }
      const first = await askSecret(terminal, 'New passphrase: ')
      if (first !== (await askSecret(terminal, 'The same again: '))) {
        throw fail('ERR_INVALID_INPUT', { what: 'the two passphrases differ' })
      }
      return first === '' ? undefined : utf8(first)
    },
  }
}

async function askUntilOpen<T>(
  path: string,
  open: (password: Uint8Array) => Promise<T>,
  terminal: Terminal,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await open(utf8(await askSecret(terminal, `Passphrase of ${path}: `)))
    } catch (error) {
      if (tries >= triesMax || !isCode(error, 'ERR_KEYS_PASSWORD')) throw error
      terminal.writeError('That is not it.\n')
    }
  }
}

async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const typed = await terminal.askSecret(question)
  if (typed === undefined) throw fail('ERR_CLI_INTERRUPTED')
  return typed
}

/** The bytes of the file as they stand, without one line end. */
async function readPassphrase(path: string): Promise<Uint8Array> {
  const bytes = await readSecretFile(path, { bytesMax: limits.passphraseBytesMax })
  const end = bytes.at(-1) !== 0x0a ? bytes.length : bytes.length - (bytes.at(-2) === 0x0d ? 2 : 1)
  return bytes.subarray(0, end)
}
