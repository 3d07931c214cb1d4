import { answerKeyCheck, type KeyCheck, type Keys } from '../keys/index.ts'

/**
 * One question to libsodium, as data, so that a worker, or a simulation's stand-in, can answer it.
 * Verdicts that decide the graph come from libsodium alone (`TEAM.md` 3): OpenSSL's differ between Node versions.
 */
export type SignatureCheck = KeyCheck

/** Answers one check here and now. */
export function answerCheck(keys: Keys, check: SignatureCheck): boolean {
  return answerKeyCheck(keys, check)
}
