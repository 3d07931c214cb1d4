/** Who we are towards the node: signs under Noise, and shows its public half. */
export interface Signer {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** `0…=`, 45 characters: named in the hint when the node refuses it. */
  readonly axKey: string
  /** Ed25519 signature, 64 bytes. */
  signRaw(message: Uint8Array): Uint8Array
}
