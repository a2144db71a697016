window.YTD.follower.part0 = [
  {
    "follower" : {
      "accountId" : "12528510001",
      "userLink" : "https://twitter.com/intent/user?user_id=12528510001"
    }
  }
]
