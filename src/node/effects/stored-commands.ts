import { asHyraxError, limits, type Log } from '../../base/index.ts'
import { equalBytes, idText } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import {
  answerCheck,
  checksOf,
  parseCommand,
  readAct,
  type Command,
  type CommandStore,
  type KeptCommand,
  type KeptIndex,
  type Replica,
} from '../../team/index.ts'

/** Of the commands that a store holds, those with a verified bit, and of the others those whose signatures hold; the ids of the rest. */
export function soundCommands(
  keys: Keys,
  team: Uint8Array,
  kept: Iterable<KeptCommand>,
): { readonly sound: readonly KeptCommand[]; readonly forged: readonly Uint8Array[] } {
  const commands = [...kept]
  const [sound, forged]: [KeptCommand[], Uint8Array[]] = [[], []]
  for (const command of commands)
    if (command.isVerified || isSound(keys, team, command, commands)) sound.push(command)
    else forged.push(command.id)
  return { sound, forged }
}

/**
 * Keeps the index of a team that was just read, where the disk has none or one in many small pages. Without it the team
 * works, and the next start takes longer: where the disk is full that is better than none.
 */
export async function keepIndex(
  { team, store, log }: { readonly team: Uint8Array; readonly store: CommandStore; readonly log: Log },
  replica: Replica,
  index: KeptIndex | undefined,
): Promise<void> {
  const { isRestored } = replica
  if (isRestored && !isScattered(index)) return
  try {
    await store.reindex(replica.index(), isRestored)
  } catch (error) {
    const { code, message } = asHyraxError(error, 'ERR_STORE_WRITE')
    log.warn('the index cannot be written', { team: idText('team', team), code, what: message })
  }
}

/** True where so many small pages would be read again at the next start that a few large ones are worth writing. */
function isScattered(index: KeptIndex | undefined): boolean {
  const { indexPageCommandsMax, indexPagesSpareMax } = limits
  return (
    index !== undefined && index.pages.length > 2 * (index.commands.size / indexPageCommandsMax) + indexPagesSpareMax
  )
}

function isSound(keys: Keys, team: Uint8Array, kept: KeptCommand, all: readonly KeptCommand[]): boolean {
  const command = readCommand(kept)
  if (command === undefined) return false
  const act = readAct(command)
  const known = act.kind === 'refuse' ? undefined : act
  const inviteKey = known?.kind === 'AdmitDevice' ? inviteKeyIn(all, known.body.invite) : undefined
  const checks = checksOf(command, known, inviteKey === undefined ? undefined : { team, inviteKey })
  return checks.every((check) => answerCheck(keys, check))
}

/** The key of an invite among the commands; undefined where it is not there: then the law refuses who claims it. */
function inviteKeyIn(commands: readonly KeptCommand[], invite: Uint8Array): Uint8Array | undefined {
  const kept = commands.find(({ id }) => equalBytes(id, invite))
  const command = kept === undefined ? undefined : readCommand(kept)
  const act = command === undefined ? undefined : readAct(command)
  return act?.kind === 'CreateInvite' ? act.body.key : undefined
}

function readCommand({ bytes }: KeptCommand): Command | undefined {
  const command = parseCommand(bytes)
  return command.kind === 'refuse' || command.kind === 'foreign' ? undefined : (command as Command)
}
