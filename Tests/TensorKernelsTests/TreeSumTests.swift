import TensorKernels
import TestSupport
import Testing

@Suite struct TreeSumTests {
  /// More than two blocks, the last one ragged.
  private let count = 2500

  private func parts(_ number: Int) -> [[Float]] {
    (0..<number).map { wave(count, phase: 1 + Double($0)) }
  }

  @Test(arguments: 1...9)
  func pairsOfEqualSizeAreJoinedFirst(number: Int) {
    // A binary counter: a sum waits until one of as many parts comes, what is left joins at the end.
    var waiting: [(size: Int, sum: [Float])] = []
    for part in parts(number) {
      waiting.append((1, part))
      while let last = waiting.last, waiting.dropLast().last?.size == last.size { joinLastTwo() }
    }
    while waiting.count > 1 { joinLastTwo() }
    func joinLastTwo() {
      let (right, left) = (waiting.removeLast(), waiting.removeLast())
      waiting.append((left.size + right.size, zip(left.sum, right.sum).map { $0 + $1 }))
    }
    let all = parts(number)
    let total = output(count, startingAt: Float.nan) { _ = treeSum(all, into: &$0) }
    #expect(total == waiting[0].sum)
  }

  @Test func normsAreThoseOfThePartsAndOfTheirSum() throws {
    let all = parts(3)
    var found: SquaredNorms?
    let total = output(count) { found = treeSum(all, into: &$0) }
    let norms = try #require(found)
    #expect(norms.parts.count == all.count)
    func square(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) * Double($1) } }
    for (part, norm) in zip(all, norms.parts) { #expect(abs(norm / square(part) - 1) < 1e-12) }
    #expect(abs(norms.total / square(total) - 1) < 1e-12)
  }
}
