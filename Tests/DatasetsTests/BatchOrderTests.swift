import Datasets
import Testing

@Suite struct BatchOrderTests {
  private let order = BatchOrder(count: 103, batchSize: 10, seed: Seed(1), purpose: "order")

  @Test func anEpochVisitsEachExampleAtMostOnce() {
    let batches = order.batches(inEpoch: 0)
    #expect(batches.count == 10)
    #expect(batches.allSatisfy { $0.count == 10 })
    let visited = batches.flatMap { $0 }
    #expect(Set(visited).count == 100)
    #expect(visited.allSatisfy { (0..<103).contains($0) })
  }

  @Test func everyExampleIsVisitedInTheLongRun() {
    let visited = Set((0..<5).flatMap { order.batches(inEpoch: $0).flatMap { $0 } })
    #expect(visited.count == 103)
  }

  @Test func epochsDifferAndArmsAgree() {
    #expect(order.batches(inEpoch: 0) != order.batches(inEpoch: 1))
    let sameArm = BatchOrder(count: 103, batchSize: 10, seed: Seed(1), purpose: "order")
    #expect(sameArm.batches(inEpoch: 3) == order.batches(inEpoch: 3))
    let otherPurpose = BatchOrder(count: 103, batchSize: 10, seed: Seed(1), purpose: "other")
    #expect(otherPurpose.batches(inEpoch: 0) != order.batches(inEpoch: 0))
    let otherSeed = BatchOrder(count: 103, batchSize: 10, seed: Seed(2), purpose: "order")
    #expect(otherSeed.batches(inEpoch: 0) != order.batches(inEpoch: 0))
  }

  @Test func stepsRunThroughTheEpochs() {
    #expect(order.batch(atStep: 0) == order.batches(inEpoch: 0).first)
    #expect(order.batch(atStep: 9) == order.batches(inEpoch: 0).last)
    #expect(order.batch(atStep: 10) == order.batches(inEpoch: 1).first)
    #expect(order.batch(atStep: 25) == order.batches(inEpoch: 2)[5])
  }

  @Test func aBatchLargerThanTheDataIsAllOfThem() {
    let small = BatchOrder(count: 3, batchSize: 64, seed: Seed(1), purpose: "order")
    #expect(small.batchesPerEpoch == 1)
    #expect(small.batch(atStep: 4).sorted() == [0, 1, 2])
  }

  @Test func examplesAreSpreadEvenlyOverTheEpoch() {
    // The place of example 0 over 1,030 epochs: mean 51, variance (103² − 1)/12.
    let single = BatchOrder(count: 103, batchSize: 1, seed: Seed(1), purpose: "places")
    let places = (0..<1_030).compactMap { single.batches(inEpoch: $0).firstIndex(of: [0]) }
    let mean = Double(places.reduce(0, +)) / 1_030
    let deviation = ((103.0 * 103 - 1) / 12 / 1_030).squareRoot()
    #expect(abs(mean - 51) < 4 * deviation)
  }
}
