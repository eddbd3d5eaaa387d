import Datasets
import Testing

@Suite struct ThreefryTests {
  /// The known answers that the authors publish with Random123, for Threefry-2x32 with 20 rounds.
  @Test(arguments: [
    (SIMD2<UInt32>(0, 0), SIMD2<UInt32>(0, 0), SIMD2<UInt32>(0x6B20_0159, 0x99BA_4EFE)),
    (SIMD2(.max, .max), SIMD2(.max, .max), SIMD2(0x1CB9_96FC, 0xBB00_2BE7)),
    (
      SIMD2(0x1319_8A2E, 0x0370_7344), SIMD2(0x243F_6A88, 0x85A3_08D3),
      SIMD2(0xC492_3A9C, 0x483D_F7A0)
    ),
  ])
  func blocksAreTheKnownAnswers(
    key: SIMD2<UInt32>, counter: SIMD2<UInt32>, expected: SIMD2<UInt32>
  ) {
    #expect(Threefry2x32.block(key: key, counter: counter) == expected)
  }

  @Test func oneBitOfTheCounterTurnsHalfOfTheOutput() {
    // Each of the 64 output bits should flip with probability ½: 64 · 64 trials, sd 32.
    var flips = 0
    for bit in 0..<64 {
      let counter = SIMD2<UInt32>(bit < 32 ? 1 << bit : 0, bit < 32 ? 0 : 1 << (bit - 32))
      let key = SIMD2<UInt32>(7, 11)
      let change =
        Threefry2x32.block(key: key, counter: counter)
        ^ Threefry2x32.block(key: key, counter: SIMD2(0, 0))
      flips += change.x.nonzeroBitCount + change.y.nonzeroBitCount
    }
    #expect(abs(flips - 2048) < 4 * 32)
  }
}
