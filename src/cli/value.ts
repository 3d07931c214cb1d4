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

/** VALUE of `ax settings set`: what it means, and its characters as typed, for where the schema wants text. */
export interface TypedValue {
  readonly value: unknown
  readonly typed: string
}

/**
 * Reads VALUE as YAML: a shell eats the quotes of `["0ho…="]`, and YAML still reads a list of one text. A swarm key is
 * taken as it stands, since YAML would fold the lines of its file, and never from argv.
 * Fails with `ERR_CLI_SECRET_IN_ARGV`, `ERR_INVALID_INPUT` and the codes of `readArgument`.
 */
export async function readValue(session: Session, scope: string, argument: string): Promise<TypedValue> {
  const isOpen = !argument.startsWith('@')
  if (isOpen && namesSecret(scope)) throw fail('ERR_CLI_SECRET_IN_ARGV')
  const typed = (await readArgument(session, argument)).replace(/\r?\n$/, '')
  const value = namesSecret(scope) ? typed : await parseYamlValue(typed)
  if (isOpen && holdsSecret(value)) throw fail('ERR_CLI_SECRET_IN_ARGV')
  return { value, typed }
}

async function parseYamlValue(typed: string): Promise<unknown> {
  const { parseYaml } = await import('../settings/index.ts')
  return parseYaml(typed, 'the value')
}

function namesSecret(scope: string): boolean {
  return scope.split('/').findLast((segment) => segment !== '') === 'swarmKey'
}

function holdsSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => name === 'swarmKey' || holdsSecret(member))
}
