import { lchown, lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A function that gives the files of `folder` to the owner of `directory`, or undefined where there is nothing to give:
 * only root makes files for others, and root's own directory needs none. For a program that writes with the hands of a
 * library, as LevelDB does: run once as root, it would else shut the node's own user out.
 */
export async function keepOwner(directory: string, folder: string): Promise<(() => Promise<void>) | undefined> {
  if (process.geteuid?.() !== 0) return undefined
  const { uid, gid } = await stat(directory)
  if (uid === 0) return undefined
  return async () => {
    await giveAway(folder, uid, gid)
    for (const name of await readdir(folder)) await giveAway(join(folder, name), uid, gid)
  }
}

async function giveAway(path: string, uid: number, gid: number): Promise<void> {
  try {
    if ((await lstat(path)).uid !== uid) await lchown(path, uid, gid)
  } catch (error) {
    // LevelDB removes files beside us.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
