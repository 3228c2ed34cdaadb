"""Training scripts in several hands: some fit before they split, some select before they split, some are right."""

from __future__ import annotations

FITTED = {
    "sklearn_scaler": """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data.csv")
X, y = df.drop(columns="label"), df["label"]
scaler = StandardScaler()
X = scaler.fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    "pandas_mean_of_all": """
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

df = pd.read_csv("data.csv")
for col in [c for c in df.columns if c != "label"]:
    df[col] = (df[col] - df[col].mean()) / df[col].std()
train = df.sample(frac=0.7, random_state=1)
test = df.drop(train.index)
clf = RandomForestClassifier().fit(train.drop(columns="label"), train["label"])
print(clf.score(test.drop(columns="label"), test["label"]))
""",
    "imputer_in_function": """
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split as tts
from sklearn.svm import SVC


def load(path):
    frame = pd.read_csv(path)
    return frame.drop(columns=["label"]).to_numpy(), frame["label"].to_numpy()


def main():
    features, target = load("data.csv")
    imp = SimpleImputer(strategy="median")
    features = imp.fit_transform(features)
    a, b, c, d = tts(features, target, stratify=target)
    model = SVC()
    model.fit(a, c)
    print(model.score(b, d))


if __name__ == "__main__":
    main()
""",
    "concat_of_both_files": """
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.neighbors import KNeighborsClassifier

train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")
both = pd.concat([train, test])
feats = [c for c in both.columns if c.startswith("f")]
mm = MinMaxScaler().fit(both[feats])
knn = KNeighborsClassifier().fit(mm.transform(train[feats]), train.label)
print(knn.score(mm.transform(test[feats]), test.label))
""",
}

OVERSAMPLED = {
    "smote_before_split": """
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

df = pd.read_csv("data.csv")
X, y = df.iloc[:, :-1], df.iloc[:, -1]
X_res, y_res = SMOTE(random_state=3).fit_resample(X, y)
X_tr, X_te, y_tr, y_te = train_test_split(X_res, y_res, test_size=0.25)
print(DecisionTreeClassifier().fit(X_tr, y_tr).score(X_te, y_te))
""",
}

SELECTED = {
    "kbest_before_split": """
import numpy as np
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

data = np.loadtxt("data.csv", delimiter=",", skiprows=1)
X, y = data[:, :-1], data[:, -1]
X = SelectKBest(f_classif, k=20).fit_transform(X, y)
Xa, Xb, ya, yb = train_test_split(X, y)
print(LogisticRegression().fit(Xa, ya).score(Xb, yb))
""",
    "kbest_before_cross_validation": """
import pandas as pd
from sklearn import feature_selection as fs
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB

frame = pd.read_csv("data.csv")
target = frame.pop("label")
selector = fs.SelectPercentile(fs.mutual_info_classif, percentile=10)
chosen = selector.fit_transform(frame, target)
print(cross_val_score(GaussianNB(), chosen, target, cv=5).mean())
""",
    "best_of_many_on_test": """
import pandas as pd
from sklearn.linear_model import LogisticRegression

train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
x_train, y_train = train.drop(columns="label"), train["label"]
x_test, y_test = test.drop(columns="label"), test["label"]
best = 0
for c in [0.001, 0.01, 0.1, 1, 10, 100]:
    model = LogisticRegression(C=c).fit(x_train, y_train)
    score = model.score(x_test, y_test)
    if score > best:
        best, best_c = score, c
print("test accuracy", best, "with C =", best_c)
""",
}

RIGHT = {
    "pipeline": """
import pandas as pd
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data.csv")
X, y = df.drop(columns="label"), df["label"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
pipe = make_pipeline(StandardScaler(), SelectKBest(k=4), LogisticRegression())
print(cross_val_score(pipe, X_train, y_train).mean())
print(pipe.fit(X_train, y_train).score(X_test, y_test))
""",
    "pipeline_cross_validated_on_all": """
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("data.csv")
y = df.pop("label")
model = Pipeline([("scale", StandardScaler()), ("pca", PCA(4)), ("clf", LogisticRegression())])
print(cross_validate(model, df, y, cv=10)["test_score"].mean())
""",
    "fit_on_train_only": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

df = pd.read_csv("data.csv")
tr, te = train_test_split(df, test_size=0.2, random_state=42)
sc = StandardScaler().fit(tr.drop(columns="label"))
m = Ridge().fit(sc.transform(tr.drop(columns="label")), tr["label"])
print(m.score(sc.transform(te.drop(columns="label")), te["label"]))
""",
    "two_files": """
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")
vec = TfidfVectorizer(min_df=2)
a = vec.fit_transform(train["text"])
b = vec.transform(test["text"])
clf = LogisticRegression(max_iter=1000).fit(a, train["label"])
print((clf.predict(b) == test["label"]).mean())
""",
    "refit_per_fold": """
import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

df = pd.read_csv("data.csv")
X, y = df.drop(columns="label").to_numpy(), df["label"].to_numpy()
scores = []
for fit_rows, eval_rows in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
    scaler = StandardScaler().fit(X[fit_rows])
    clf = LinearSVC().fit(scaler.transform(X[fit_rows]), y[fit_rows])
    scores.append(clf.score(scaler.transform(X[eval_rows]), y[eval_rows]))
print(np.mean(scores))
""",
    "only_plots": """
import matplotlib.pyplot as plt
import pandas as pd

df = pd.read_csv("train.csv")
df.groupby("label").mean().plot.bar()
plt.savefig("means.png")
""",
    "grid_search_on_train": """
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")
search = GridSearchCV(RandomForestClassifier(random_state=0), {"max_depth": [2, 4, 8]}, cv=3)
search.fit(train.drop(columns="label"), train["label"])
print(search.best_params_, search.score(test.drop(columns="label"), test["label"]))
""",
}
