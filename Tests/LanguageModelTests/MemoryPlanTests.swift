import Autograd
import LanguageModel
import Testing
import Tokenization

@Suite struct MemoryPlanTests {
  private static let models = [
    (2, 64, 192, 4, 64, 32), (4, 128, 384, 4, 256, 64), (3, 64, 128, 2, 2048, 24),
  ].map { layers, hidden, intermediate, heads, vocabulary, length in
    ModelConfiguration(
      layers: layers, hiddenSize: hidden, intermediateSize: intermediate, heads: heads,
      vocabularySize: vocabulary, maximumLength: length)
  }

  @Test(arguments: models)
  func aTapeTakesWhatThePlanSays(model: ModelConfiguration) {
    var generator = SplitMix(state: 3)
    let transformer = Transformer<Float>(configuration: model, using: &generator)
    let length = model.maximumLength
    let batch = SequenceBatch(
      (0..<16).map {
        TokenSequence(prompt: [$0], completion: [Int](repeating: 2, count: length - 1))
      })
    let tape = Tape<Float>()
    let recorded = tape.record(transformer.parameters)
    tape.backward(
      from: transformer.tokenLogProbabilities(batch, recorded, on: tape).logProbabilities.sum())
    let plan = MemoryPlan(model, tokens: 16 * length, length: length)
    // The pool rounds sizes up by up to a quarter and holds one gradient; weights are shared.
    let expected = Double(plan.activations + plan.parameters)
    #expect(Double(tape.bufferBytes) < 1.3 * expected)
    #expect(Double(tape.bufferBytes) > 0.8 * expected)
  }

  @Test func shardsShareTheActivationsAndHaveAGradientEach() {
    let model = Self.models[0]
    let whole = MemoryPlan(model, tokens: 1024, length: 32)
    let parts = MemoryPlan(model, tokens: 1024, length: 32, shards: 4, workers: 2)
    #expect(parts.activations * 2 == whole.activations)
    #expect(parts.gradients == 4 * whole.parameters && whole.gradients == whole.parameters)
    #expect(whole.parameters == 4 * model.parameterCount)
    #expect(
      whole.total == whole.parameters * 4 + whole.activations
        && whole.optimizer == 2 * whole.parameters)
  }
}
