public import Foundation

/// The Secure Hash Algorithm with 256 bits, FIPS 180-4, section 6.2.
///
/// Our own, since the usual package brings 400 files of BoringSSL, half of a first build, for this one function.
struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0
  private var schedule = [UInt32](repeating: 0, count: 64)

  /// Takes in more bytes; how they are cut into calls makes no difference.
  mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      pending.append(byte)
      if pending.count == 64 { compress() }
      byteCount += 1
    }
  }

  /// The hash of all bytes so far, as 64 hexadecimal digits.
  consuming func hexadecimalDigest() -> String {
    let bits = byteCount &* 8
    update([0x80])
    while pending.count != 56 { update([0]) }
    update((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// One block of 64 bytes into the state, FIPS 180-4, section 6.2.2.
  private mutating func compress() {
    for t in 0..<16 {
      schedule[t] = (0..<4).reduce(0) { $0 << 8 | UInt32(pending[4 * t + $1]) }
    }
    for t in 16..<64 {
      schedule[t] =
        Self.mix(schedule[t - 2], 17, 19, shift: 10) &+ schedule[t - 7]
        &+ Self.mix(schedule[t - 15], 7, 18, shift: 3) &+ schedule[t - 16]
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
      let choice = (e & f) ^ (~e & g)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      let first = h &+ Self.spread(e, 6, 11, 25) &+ choice &+ Self.constants[t] &+ schedule[t]
      let second = Self.spread(a, 2, 13, 22) &+ majority
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
    pending.removeAll(keepingCapacity: true)
  }

  private static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

  private static func mix(_ x: UInt32, _ m: UInt32, _ n: UInt32, shift: UInt32) -> UInt32 {
    rotated(x, m) ^ rotated(x, n) ^ (x >> shift)
  }

  private static func spread(_ x: UInt32, _ l: UInt32, _ m: UInt32, _ n: UInt32) -> UInt32 {
    rotated(x, l) ^ rotated(x, m) ^ rotated(x, n)
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, FIPS 180-4, section 4.2.2.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}

/// The SHA-256 of bytes, as 64 hexadecimal digits.
public func sha256(of data: some Sequence<UInt8>) -> String {
  var hash = SHA256()
  hash.update(data)
  return hash.hexadecimalDigest()
}

/// The SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits.
public func sha256(of text: String) -> String { sha256(of: text.utf8) }

/// The SHA-256 of a file's bytes, as 64 hexadecimal digits; the file is read in pieces.
public func sha256(ofFile url: URL) throws(DataError) -> String {
  do {
    let file = try FileHandle(forReadingFrom: url)
    defer { try? file.close() }
    var hash = SHA256()
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(piece) }
    return hash.hexadecimalDigest()
  } catch {
    throw .unreadable(path: url.path, reason: plainReason(error))
  }
}
