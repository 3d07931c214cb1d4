import { rm } from 'node:fs/promises'
import { HyraxError } from '../base/index.ts'
import { formatInviteLine, formatJoinLine, looksLikeInvite, parseInviteLine, parseJoinLine } from '../codec/index.ts'
import { createSecretFile, readSecretFile } from '../files/index.ts'

const bytesMax = 4_096

/** The join line or invite code that `axd init` was given, kept until the node is in the team. */
export interface PendingJoin {
  /** The text; undefined where there is none. ERR_FILES_MODE where others could read it. */
  read(): Promise<string | undefined>
  /** Keeps it with mode 0600, without the swarm key, which has its own file. */
  write(text: string): Promise<void>
  forget(): Promise<void>
}

/** `<data-dir>/join-line`. An invite code in it is a secret: it is deleted when it has been used. */
export function pendingJoin(dataDirectory: string): PendingJoin {
  const path = `${dataDirectory}/join-line`
  return {
    async read() {
      try {
        return new TextDecoder().decode(await readSecretFile(path, { bytesMax })).trim()
      } catch (error) {
        if (error instanceof HyraxError && error.code === 'ERR_PATH_INVALID') return undefined
        throw error
      }
    },
    write: (text) => createSecretFile(path, `${withoutKey(text)}\n`),
    forget: () => rm(path, { force: true }),
  }
}

function withoutKey(text: string): string {
  if (looksLikeInvite(text)) {
    const { key: _key, ...line } = parseInviteLine(text)
    return formatInviteLine(line)
  }
  const { key: _key, ...line } = parseJoinLine(text)
  return formatJoinLine(line)
}
