import { openKeys, type Keys } from '../../src/keys/index.ts'

/** Every build of libsodium that loads on this machine: WASM always, the native one where it has a prebuild. */
export async function openBackends(): Promise<readonly Keys[]> {
  const wasm = await openKeys({ backend: 'wasm' })
  const native = await openKeys({ backend: 'sodium-native' }).catch(() => undefined)
  if (native === undefined) console.log('skipped: sodium-native does not load here, WASM alone is tested')
  return native === undefined ? [wasm] : [wasm, native]
}
