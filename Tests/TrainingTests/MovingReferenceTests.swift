import Autograd
import Datasets
import LanguageModel
import TensorKernels
import Testing
import Training

@Suite struct MovingReferenceTests {
  private func model(_ value: Float) -> Transformer<Float> {
    var generator = Seed(1).generator(for: "tests.model")
    var model = Transformer<Float>(
      configuration: ModelConfiguration(
        layers: 1, hiddenSize: 4, intermediateSize: 4, heads: 1, vocabularySize: 5,
        maximumLength: 4), using: &generator)
    for index in model.parameters.values.indices {
      model.parameters.values[index] = model.parameters.values[index].map { _ in value }
    }
    return model
  }

  @Test func aMoveTakesTheSharesOfBothModels() {
    var reference = model(2)
    MovingReference(share: 0.25, interval: 1).move(&reference, towards: model(6))
    #expect(reference.parameters.values.joined().allSatisfy { $0 == 3 })
  }

  @Test func theKeptShareIsRoundedFromDouble() {
    // 1 − 0.6 in Double is 0.4 to the last bit of Float; 1 − Float(0.6) is not.
    var reference = model(1)
    MovingReference(share: 0.6, interval: 1).move(&reference, towards: model(0))
    #expect(reference.parameters.values.joined().allSatisfy { $0 == 0.4 })
  }

  @Test func aShareOfOneIsThePolicy() {
    var reference = model(1)
    MovingReference(share: 1, interval: 1).move(&reference, towards: model(7))
    #expect(reference.parameters.values == model(7).parameters.values)
  }

  @Test func movesFallOnMultiplesOfTheInterval() {
    let movement = MovingReference(interval: 3)
    #expect((0..<7).map { movement.moves(before: $0, now: $0 + 1) } == [0, 0, 1, 0, 0, 1, 0])
    #expect(movement.moves(before: 2, now: 9) == 3)
    #expect(movement.share == 0.6 && MovingReference().interval == 512)
  }
}
