import { fail, HyraxError } from '../base/index.ts'
import { parseAxKey } from '../codec/index.ts'
import { identityFromSeed } from '../keys/index.ts'
import type { Session } from './session.ts'

/**
 * A private key pasted where a public one belongs looks the same (`FORMATS.md` 1): both are 45 characters. Whoever has
 * the public half of a key pair here finds out, because the pasted bytes, taken as a seed, lead to it.
 * Fails with `ERR_KEYS_SECRET`.
 */
export async function refuseOwnSecrets(session: Session, scope: string, value: unknown): Promise<void> {
  if (!/(^|\/)(authorizedKeys|admin|general|\.|)$/.test(scope) && !scope.startsWith('com.actyx')) return
  await refuseOwnSecretTexts(session, textsOf(value))
}

/** The same for texts that were typed as keys. */
export async function refuseOwnSecretTexts(session: Session, texts: readonly string[]): Promise<void> {
  const candidates = texts.flatMap(seedOf)
  if (candidates.length === 0) return
  const own = new Set((await session.keystore.list()).map(({ publicText }) => publicText))
  if (own.size === 0) return
  for (const seed of candidates) {
    if (own.has(identityFromSeed(seed).axKey)) throw fail('ERR_KEYS_SECRET')
  }
}

function seedOf(text: string): Uint8Array[] {
  try {
    return [parseAxKey(text.trim())]
  } catch (error) {
    if (error instanceof HyraxError) return []
    throw error
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...value.split(' ')]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}
