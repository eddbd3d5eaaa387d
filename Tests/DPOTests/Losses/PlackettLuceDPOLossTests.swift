import Autograd
import DPO
import Foundation
import TensorKernels
import TestSupport
import Testing

@Suite struct PlackettLuceDPOLossTests {
  private let loss = PlackettLuceDPOLoss(beta: 0.4)

  private func value<Scalar: TensorScalar>(_ logRatios: [Scalar]) -> Scalar {
    let tape = Tape<Scalar>()
    return loss.rankingLosses(logRatios.map { tape.column([$0]) }).item
  }

  /// −log Π exp(rₖ)/Σ_{j≥k} exp(rⱼ), as the paper writes it.
  private func direct(_ logRatios: [Double]) -> Double {
    let weights = logRatios.map { exp(0.4 * $0) }
    return -weights.indices.reduce(0) { $0 + log(weights[$1] / weights[$1...].reduce(0, +)) }
  }

  @Test func twoPlacesAreDPO() {
    let columns = PairColumns<Double>.irregular
    let pairs = columns.pairs(on: Tape<Double>())
    let ranked = loss.rankingLosses([pairs.chosenLogRatio, pairs.rejectedLogRatio]).values
    for (found, dpo) in zip(ranked, columns.losses(DPOLoss(beta: 0.4))) {
      #expect(abs(found - dpo) < 1e-15)
    }
  }

  @Test(arguments: [[0.5, -1, 2], [0, 0, 0, 0], [3, 1, -4, 1, 5]])
  func lossIsTheNegativeLogOfTheProductOfChoices(logRatios: [Double]) {
    #expect(abs(value(logRatios) - direct(logRatios)) < 1e-12)
  }

  @Test func probabilitiesOfAllOrdersSumToOne() {
    func orders(_ rest: [Double]) -> [[Double]] {
      rest.isEmpty
        ? [[]]
        : rest.indices.flatMap { i in
          orders(Array(rest[..<i] + rest[(i + 1)...])).map { [rest[i]] + $0 }
        }
    }
    let all = orders([0.5, -1, 2, 0.1])
    #expect(all.count == 24)
    #expect(abs(all.reduce(0) { $0 + exp(-value($1)) } - 1) < 1e-12)
  }

  @Test(arguments: [(2, 2.0), (3, 6.0), (5, 120.0)])
  func lossAtTheReferenceIsTheLogOfTheNumberOfOrders(places: Int, orders: Double) {
    #expect(abs(loss.lossAtReference(places: places) - log(orders)) < 1e-14)
    #expect(abs(value([Double](repeating: 0, count: places)) - log(orders)) < 1e-14)
  }

  @Test func gradientAgreesWithCentralDifferences() {
    var parameters = ParameterSet<Double>()
    for place in 0..<4 {
      parameters.append(
        "\(place)", shape: Shape(rows: 3, columns: 1), values: wave(3, phase: Double(place)))
    }
    let error = gradientCheckError(parameters) { recorded, _ in
      loss.rankingLosses((0..<4).map { 3 * recorded["\($0)"] }).sum()
    }
    #expect(error < 1e-7)
  }

  @Test func logRatiosOfPlusAndMinusFiveHundredStayFinite() {
    #expect(value([Float(500), 0, -500]) == 0)
    // Both wrong choices cost 0.4·500 + 0.4·500, the last one nothing.
    #expect(value([Float(-500), 0, 500]) == 600)
    #expect(abs(value([-500.0, 0, 500]) - 600) < 1e-9)
  }
}
