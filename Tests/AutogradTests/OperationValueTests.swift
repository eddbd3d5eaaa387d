import Autograd
import Foundation
import TensorKernels
import TestSupport
import Testing

/// The values of operations, by hand or against plain formulas.
@Suite struct OperationValueTests {
  private let tape = Tape<Double>()

  @Test func arithmeticWithNumbersActsOnEveryValue() {
    let x = tape.column([1, -2])
    #expect((x + 3).values == [4, 1])
    #expect((3 + x).values == [4, 1])
    #expect((x - 3).values == [-2, -5])
    #expect((3 - x).values == [2, 5])
    #expect((2 * x).values == [2, -4])
    #expect((x * 2).values == [2, -4])
    #expect((-x).values == [-1, 2])
    #expect(x.scaled(by: 3, plus: 1).values == [4, -5])
  }

  @Test func functionsActOnEveryValue() {
    let x = tape.column([1, 2])
    #expect(x.squared().values == [1, 4])
    #expect(x.exponential().values == [exp(1), exp(2)])
    #expect(x.logarithm().values == [0, log(2)])
    #expect(x.logSigmoid().values == [-log1p(exp(-1)), -log1p(exp(-2))])
  }

  @Test func theExponentialOverflowsHonestly() {
    let tape = Tape<Float>()
    let x = tape.column([1000, -1000, .nan])
    let values = x.exponential().values
    #expect(values[0] == .infinity)
    #expect(values[1] == 0)
    #expect(values[2].isNaN)
  }

  @Test func selectionsCompareElementByElement() {
    let (x, y) = (tape.column([1, 5, -3]), tape.column([2, 4, -3]))
    #expect(x.maximum(y).values == [2, 5, -3])
    #expect(x.minimum(y).values == [1, 4, -3])
    #expect(x.clamped(-1, 2).values == [1, 2, -1])
    #expect(x.clamped([0, 6, -9], [0.5, 7, 9]).values == [0.5, 6, -3])
  }

  @Test func reductionsAddAndAverage() {
    let x = tape.column([1, 2, 3, 6])
    #expect(x.sum().item == 12)
    #expect(x.mean().item == 3)
    #expect(x.weightedSum([1, 0, -1, 0.5]).item == 1)
    #expect(x.segmentSums(Segments(lengths: [1, 0, 3])).values == [1, 0, 11])
  }

  @Test func rowsAndEmbeddingsPickRows() {
    let table = tape.constant([1, 2, 3, 4, 5, 6], shape: Shape(rows: 3, columns: 2))
    #expect(table.rows([2, 2, 0]).values == [5, 6, 5, 6, 1, 2])
    #expect(tape.embedding(table, [1]).values == [3, 4])
    #expect(table.rows([]).shape == Shape(rows: 0, columns: 2))
  }

  @Test func linearMultipliesByTheTransposedWeight() {
    let x = tape.constant([1, 2], shape: Shape(rows: 1, columns: 2))
    let weight = tape.constant([1, 0, 0, 1, 3, 4], shape: Shape(rows: 3, columns: 2))
    let y = x.linear(weight)
    #expect(y.values == [1, 2, 11])
    #expect(y.shape == Shape(rows: 1, columns: 3))
  }

  @Test func attentionCountsPositionsWithinEachSegment() {
    func attention(_ lengths: [Int]) -> AttentionShape {
      AttentionShape(
        segments: Segments(lengths: lengths), heads: 1, keyValueHeads: 1, headDimension: 4)
    }
    let x = tape.constant(wave(5 * 12, phase: 1), shape: Shape(rows: 5, columns: 12))
    let packed = x.selfAttention(attention([2, 3]), base: 100).values
    let alone = x.rows([2, 3, 4]).selfAttention(attention([3]), base: 100).values
    #expect(Array(packed[8...]) == alone)
  }

  @Test func theFusedHeadAgreesWithItsSteps() {
    let (rows, width, vocabulary) = (4, 3, 6)
    let hidden: [Double] = wave(rows * width, phase: 1)
    let head: [Double] = wave(vocabulary * width, phase: 2)
    let x = tape.constant(hidden, shape: Shape(rows: rows, columns: width))
    let h = tape.constant(head, shape: Shape(rows: vocabulary, columns: width))
    let targets = [5, 0, 2, 2]
    let result = x.tokenLogProbabilities(head: h, targets: targets, temperature: 0.7)
    for row in 0..<rows {
      let logits = (0..<vocabulary).map { token in
        (0..<width).reduce(0) { $0 + hidden[row * width + $1] * head[token * width + $1] } / 0.7
      }
      let total = log(logits.reduce(0) { $0 + exp($1) })
      let logP = logits.map { $0 - total }
      #expect(abs(result.logProbabilities.values[row] - logP[targets[row]]) < 1e-14)
      #expect(abs(result.entropies[row] + logP.reduce(0) { $0 + exp($1) * $1 }) < 1e-14)
      #expect(abs(result.meanLogits[row] - logits.reduce(0, +) / 6) < 1e-14)
      #expect(result.arePredicted[row] == (logits.max() == logits[targets[row]]))
    }
  }

  @Test func targetProbabilitiesOfAllTokensSumToOne() {
    let hidden: [Double] = wave(3, phase: 1)
    let x = tape.constant(hidden + hidden + hidden + hidden, shape: Shape(rows: 4, columns: 3))
    let h = tape.constant(wave(12, phase: 2), shape: Shape(rows: 4, columns: 3))
    let result = x.tokenLogProbabilities(head: h, targets: [0, 1, 2, 3], temperature: 1)
    #expect(abs(result.logProbabilities.exponential().sum().item - 1) < 1e-14)
  }
}
