import TensorKernels
import TestSupport
import Testing

@Suite struct PackedWeightTests {
  @Test(arguments: [1, 3, 4, 7, 64, 70], [(1, 1), (16, 8), (17, 5), (40, 33), (64, 130)])
  func productsAgreeWithPlainSums(rows: Int, shape: (outputs: Int, inputs: Int)) {
    let weights: [Float] = wave(shape.outputs * shape.inputs, phase: 1)
    let input: [Float] = wave(rows * shape.inputs, phase: 2)
    let packed = PackedWeight(weights, inputs: shape.inputs)
    #expect(packed.outputs == shape.outputs && packed.inputs == shape.inputs)
    let product = output(rows * shape.outputs, startingAt: .nan) {
      packed.assignProduct(input.span, into: &$0)
    }
    let sum = output(rows * shape.outputs, startingAt: 2) {
      packed.addProduct(input.span, into: &$0)
    }
    for r in 0..<rows {
      for o in 0..<shape.outputs {
        let exact = (0..<shape.inputs).reduce(0.0) {
          $0 + Double(input[r * shape.inputs + $1]) * Double(weights[o * shape.inputs + $1])
        }
        #expect(abs(Double(product[r * shape.outputs + o]) - exact) < 2e-6 * Double(shape.inputs))
        #expect(abs(Double(sum[r * shape.outputs + o]) - 2 - exact) < 2e-6 * Double(shape.inputs))
      }
    }
  }

  @Test func aRowIsTheSameToTheBitWhateverOtherRowsThereAre() {
    let packed = PackedWeight(wave(48 * 40, phase: 3) as [Float], inputs: 40)
    let input: [Float] = wave(67 * 40, phase: 4)
    let all = output(67 * 48) { packed.assignProduct(input.span, into: &$0) }
    for row in [0, 1, 3, 30, 63, 64, 66] {
      let alone = Array(input[row * 40..<(row + 1) * 40])
      #expect(
        output(48) { packed.assignProduct(alone.span, into: &$0) }
          == Array(all[row * 48..<(row + 1) * 48]))
    }
  }
}

@Suite struct ConcurrentMapTests {
  @Test(arguments: [0, 1, 5, 16], [1, 2, 3, 40])
  func resultsComeInOrderAndWorkersHaveNeighbours(count: Int, workers: Int) {
    let pairs = concurrentMap(count, workers: workers) { [$0, $1] }
    #expect(pairs.map { $0[0] } == Array(0..<count))
    #expect(pairs.map { $0[1] } == pairs.map { $0[1] }.sorted())
    #expect(Set(pairs.map { $0[1] }).count == min(count, workers))
  }
}

@Suite struct CategoricalDrawTests {
  @Test(arguments: [1, 2, 15, 16, 17, 100])
  func theInverseIsTheFirstIndexAboveTheShare(count: Int) {
    let weights: [Float] = (wave(count, phase: 1) as [Float]).map { abs($0) + 0.01 }
    let total = weights.reduce(0.0) { $0 + Double($1) }
    for step in 0..<200 {
      let share = Double(step) / 200
      var (cumulative, expected) = (0.0, 0)
      while cumulative + Double(weights[expected]) <= share * total {
        cumulative += Double(weights[expected])
        expected += 1
      }
      #expect(inverse(of: weights.span, at: share) == expected)
    }
  }

  @Test func indicesWithoutWeightAreNeverDrawn() {
    let weights: [Double] = [0, 0, 1, 0, 2, 0]
    #expect(inverse(of: weights.span, at: 0) == 2)
    #expect(inverse(of: weights.span, at: 1.0 / 3 + 1e-12) == 4)
    #expect(inverse(of: weights.span, at: 1 - 0x1p-53) == 4)
  }

  @Test func weightsAreExponentialsOfWhatLiesBelowTheLargest() {
    let logits: [Double] = [1, 3, -2, 3]
    var sum = 0.0
    let weights = output(4) {
      sum = exponentialWeights(of: logits.span, temperature: 0.5, into: &$0)
    }
    let expected: [Double] = [-4, 0, -10, 0].map { Double.exponential($0) }
    #expect(largestDifference(weights, expected) < 1e-15)
    #expect(abs(sum - expected.reduce(0, +)) < 1e-15)
  }

  @Test func theFirstOfEqualsIsFound() {
    let values: [Float] = [1, 7, 7, -3]
    #expect(largest(values.span) == 7)
    #expect(firstIndex(of: 7, in: values.span) == 1)
  }
}
