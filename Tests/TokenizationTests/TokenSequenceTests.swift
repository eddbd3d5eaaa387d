import Foundation
import Testing
import Tokenization

@Suite struct TokenSequenceTests {
  @Test func tokensArePromptThenCompletion() {
    let sequence = TokenSequence(prompt: [1, 5], completion: [6, 7, 2])
    #expect(sequence.tokens == [1, 5, 6, 7, 2])
  }

  @Test func onlyALastEndTokenMeansThatTheCompletionEnded() {
    #expect(TokenSequence(prompt: [1], completion: [6, 2]).hasEnded(with: 2))
    #expect(!TokenSequence(prompt: [1], completion: [2, 6]).hasEnded(with: 2))
    #expect(!TokenSequence(prompt: [1, 2], completion: []).hasEnded(with: 2))
  }

  @Test func promptAndCompletionAreToldApartInEquality() {
    let one = TokenSequence(prompt: [1, 5], completion: [6])
    let other = TokenSequence(prompt: [1], completion: [5, 6])
    #expect(one.tokens == other.tokens)
    #expect(one != other)
  }

  @Test func itIsWrittenWithPlainKeys() throws {
    let json = #"{"prompt": [1], "completion": [4, 2]}"#
    let decoded = try JSONDecoder().decode(TokenSequence.self, from: Data(json.utf8))
    #expect(decoded == TokenSequence(prompt: [1], completion: [4, 2]))
  }
}
