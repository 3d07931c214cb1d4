import { fail, limits } from '../base/index.ts'
import { fromUtf8 } from '../codec/index.ts'
import { readTextFile } from '../files/index.ts'
import type { Session } from './session.ts'

/** An argument as it stands, or what `@FILE` or `@-` holds. Fails with `ERR_PATH_INVALID`, `ERR_FILES_SIZE`. */
export async function readArgument(session: Session, argument: string): Promise<string> {
  if (!argument.startsWith('@')) return argument
  const path = argument.slice(1)
  if (path === '-') return fromUtf8(await session.terminal.readInput(limits.textFileBytesMax))
  const text = await readTextFile(path, { bytesMax: limits.textFileBytesMax })
  if (text === undefined) throw fail('ERR_PATH_INVALID', { path })
  return text
}

/**
 * A typed VALUE as YAML: a shell eats the quotes of `["0ho…="]`, and YAML still reads a list of one text.
 * Fails with `ERR_INVALID_INPUT`.
 */
export async function parseYamlValue(typed: string): Promise<unknown> {
  const { parseYaml } = await import('../settings/index.ts')
  return parseYaml(typed, 'the value')
}

/** Argv is seen by every user of the machine. Fails with `ERR_CLI_SECRET_IN_ARGV`. */
export function refuseSecretInArgv(scope: string, value: unknown, argument: string): void {
  if (argument.startsWith('@')) return
  const named =
    scope
      .split('/')
      .filter((segment) => segment !== '')
      .at(-1) === 'swarmKey'
  if (named || holdsSecret(value)) throw fail('ERR_CLI_SECRET_IN_ARGV')
}

function holdsSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => name === 'swarmKey' || holdsSecret(member))
}
