import DPO
import Datasets
import LanguageModel
import Tokenization

let texts = [("2 + 2 =", " 4", " 5"), ("The sky is", " blue", " green"), ("Cats say", " meow", " moo")]
let tokenizer = BytePairEncoding.train(on: texts.map { $0.0 + $0.1 + $0.2 }, vocabularySize: 270)
let pairs = try texts.map { try TextPair(prompt: $0, chosen: $1, rejected: $2).tokenized(by: tokenizer) }
var generator = Seed(1).generator(for: "model")
let reference = Transformer<Float>(
  configuration: ModelPreset.tiny.configuration(
    vocabularySize: tokenizer.vocabularySize, maximumLength: 32), using: &generator)
var (policy, settings) = (reference, DPOConfiguration())
settings.epochs = 10
_ = trainDPO(&policy, reference: reference, pairs: pairs, configuration: settings, seed: Seed(1)) {
  step, _, metrics in print("step \(step): loss \(metrics.loss), accuracy \(metrics.rewardAccuracy)")
}
